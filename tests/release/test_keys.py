"""A new key takes the place of the old one and of nothing else; keys that were committed beside a release are found."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from small_course import ASSIGNMENT, KEY

from autograder.course.assignments import assignment_files, read_course
from autograder.course.problem import CourseError
from autograder.release.keys import NoHistoryError, history, read_key, renew, with_key

NEW = "5" * 64
LINE = f'key = "{NEW}"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(ASSIGNMENT, ASSIGNMENT.replace(KEY, NEW), id="key"),
        pytest.param(
            "# ours\n  key='ab' # keep\nx = 1\n", f'# ours\n  key="{NEW}" # keep\nx = 1\n', id="as_it_is_laid_out"
        ),
        pytest.param("key = 7\n", f"{LINE}\n", id="number"),
        pytest.param('# A\ntitle = "A"  # it\nx = 1\n', f'{LINE}\n# A\ntitle = "A"  # it\nx = 1\n', id="none"),
        pytest.param("", f"{LINE}\n", id="empty"),
    ],
)
def test_all_but_the_key_stays(before, after):
    """To the letter: comments and spaces."""
    assert with_key(before, NEW, Path("assignment.toml")) == after
    assert tomllib.loads(after)["key"] == NEW


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('key = """ab"""\n', "does not stand on one line", id="several_lines"),
        pytest.param("key = [\n1]\n", "does not stand on one line", id="list"),
        pytest.param('[a]\nkey = "ab"\n', "does not stand on one line", id="of_another_table"),
        pytest.param("title = \n", "line 1", id="no_toml"),
    ],
)
def test_what_cannot_be_changed_is_named(text, said):
    """Nothing is guessed."""
    with pytest.raises(CourseError, match=r"^svm/assignment\.toml: ") as error:
        with_key(text, NEW, Path("svm/assignment.toml"))

    assert said in str(error.value)


class TestRenew:
    """Files get keys of their own, all of them or none."""

    def test_each_time_another(self, course):
        """Of 256 bits, and the course can be read with it."""
        (path,) = assignment_files(course).values()
        keys = set()
        for _ in range(3):
            renew([path])
            keys.add(read_key(path))

        assert len(keys) == 3
        assert KEY not in keys
        assert {len(bytes.fromhex(key)) for key in keys} == {32}
        assert read_course(course)[0].problems[0].seed.key.hex() == read_key(path)

    def test_the_file_has_its_rights_and_its_place(self, course):
        """Also where it is a link; nothing is left beside it."""
        (path,) = assignment_files(course).values()
        real = course / "kept.toml"
        path.rename(real)
        path.symlink_to(real)
        real.chmod(0o640)
        there = sorted(course.rglob("*"))

        renew([path])

        assert path.is_symlink()
        assert real.stat().st_mode & 0o777 == 0o640
        assert read_key(real) not in {None, KEY}
        assert sorted(course.rglob("*")) == there

    def test_one_that_cannot_be_changed_keeps_all_as_they_are(self, course):
        """The message names it."""
        (path,) = assignment_files(course).values()
        broken = course / "solutions/broken/assignment.toml"
        broken.parent.mkdir()
        broken.write_text("title =")

        with pytest.raises(CourseError, match="broken"):
            renew(assignment_files(course).values())

        assert path.read_text() == ASSIGNMENT

    def test_one_that_cannot_be_written_is_named(self, course, monkeypatch):
        """Disk full, in the middle."""
        (path,) = assignment_files(course).values()

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_text", full)
        with pytest.raises(CourseError, match=r"lines/assignment\.toml can't be written: No space left on device"):
            renew([path])

    @pytest.mark.parametrize("names", [["nonesuch"], ["lines", "nonesuch"]])
    def test_an_assignment_that_is_not_there_is_named(self, course, names):
        """Beside those that are."""
        with pytest.raises(CourseError, match=r"no assignment nonesuch in .*there are lines"):
            assignment_files(course, names)


OLD = "ab" * 16


@pytest.fixture
def commit(course):
    """Write some files of the course, or take them away, and commit all; the commit."""

    def git(*words):
        who = [f"GIT_{role}_{what}=staff@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
        env = {**os.environ, **dict(one.split("=") for one in who), "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.run(["git", *words], cwd=course, env=env, capture_output=True, text=True, check=True).stdout

    git("init", "-q", "-b", "main")

    def committed(files):
        for name, text in files.items():
            path = course / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if text is None else path.write_text(text)
        git("add", "-A")
        git("commit", "-q", "--allow-empty", "-m", "x")
        return git("rev-parse", "HEAD").strip()

    committed.git = git
    return committed


TOML, RELEASED = "solutions/lines/assignment.toml", {"assignments/lines/line.py": "pass"}


class TestHistory:
    """A key is exposed where one tree holds it, and what students get of its assignment."""

    def found(self, course):
        """The findings: key, first commit, how many."""
        looked = history(course)
        assert {one.assignment for one in looked} <= {"lines"}
        assert KEY not in repr(looked)
        return [(one.key, one.commits[0], len(one.commits)) for one in looked]

    def test_a_key_beside_a_release(self, course, commit):
        """From the commit on that holds both."""
        commit({})
        first = commit(RELEASED)
        commit({"README.md": "x"})

        assert self.found(course) == [(KEY, first, 2)]

    def test_a_key_of_an_earlier_term(self, course, commit):
        """It stays in the history, though it was changed, and in whatever letters it was written."""
        first = commit({TOML: ASSIGNMENT.replace(KEY, OLD.upper()), **RELEASED})
        commit({TOML: ASSIGNMENT, "assignments/lines/line.py": None})

        assert self.found(course) == [(OLD, first, 1)]

    def test_on_another_branch_and_under_a_tag(self, course, commit):
        """Whoever clones has them all."""
        commit({})
        commit.git("checkout", "-q", "-b", "draft")
        first = commit(RELEASED)
        commit.git("checkout", "-q", "main")
        other = commit({TOML: ASSIGNMENT.replace(KEY, OLD), **RELEASED})
        commit.git("tag", "old")
        commit.git("reset", "-q", "--hard", "HEAD~")

        assert sorted(self.found(course)) == sorted([(KEY, first, 1), (OLD, other, 1)])

    def test_in_a_folder_of_a_larger_repository(self, course, commit, tmp_path):
        """And when the course has been moved within it."""
        first = commit(RELEASED)
        (course / "term").mkdir()
        commit.git("mv", "solutions", "assignments", "data", "term")
        commit({})

        assert self.found(course / "term") == [(KEY, first, 2)]

    def test_apart_they_are_no_finding(self, course, commit):
        """A key without a release; the release of another assignment; a key that is in no commit."""
        commit({"assignments/others/line.py": "pass", "assignments/README": "x"})
        commit({TOML: ASSIGNMENT.replace(KEY, "none"), **RELEASED})

        assert self.found(course) == []

    def test_nothing_is_committed_yet(self, course, commit):
        """A repository without a commit."""
        assert self.found(course) == []

    def test_without_a_repository_there_is_no_history(self, course):
        """Git's own message is passed on."""
        with pytest.raises(NoHistoryError, match="not a git repository"):
            history(course)

    def test_without_git_there_is_no_history(self, course, monkeypatch):
        """And no traceback."""
        monkeypatch.setenv("PATH", str(course))

        with pytest.raises(NoHistoryError, match="git can't be started"):
            history(course)
