"""The commands: what they print, what they write, and the status they end with."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from small_course import ACCEPT, ASSIGNMENT, KEY, REFERENCE, REJECT, write_course

import autograder
from autograder.audit import attempts
from autograder.audit.attempts import Outcome
from autograder.cli.main import EXIT_USAGE, main
from autograder.codes import MEANINGS
from autograder.gradebook.store import LOCK_FILE, STORE_FILE, Store, locked
from autograder.sandbox.confine import (
    GUARANTEES,
    LAYERS,
    Enforced,
    Identity,
    Namespaces,
    sentences,
)

EXPECT = "solutions/lines/line/expect.py"
TOML = "solutions/lines/assignment.toml"


@pytest.fixture
def call():
    """A command, as typed; its outcome with what it printed and its status."""

    def typed(*words):
        outcome = CliRunner().invoke(main, [str(word) for word in words], prog_name="autograder")
        # An exception that is no exit would be a traceback on somebody's screen.
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
        return outcome

    return typed


@pytest.fixture
def home(course, monkeypatch):
    """The small course, as the working directory."""
    monkeypatch.chdir(course)
    return course


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The small course with its release."""
    course = write_course(tmp_path_factory.mktemp("cli") / "course")
    outcome = CliRunner().invoke(main, ["release", "--course", str(course)])
    assert outcome.exit_code == 0, outcome.output
    return course


@pytest.fixture
def student(released, monkeypatch):
    """The folder a student works in, with the starter in it."""
    folder = released / "assignments/lines"
    starter = (folder / "line.py").read_bytes()
    monkeypatch.chdir(folder)
    yield folder
    (folder / "line.py").write_bytes(starter)


@pytest.fixture
def class_(tmp_path):
    """A class of two."""
    for student, fragment in (("ada", ""), ("bob", REJECT["one_step"])):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "line.py").write_text(f"{REFERENCE}\n\n{fragment}")
    return tmp_path / "class"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="nothing"),
        pytest.param(["nonsense"], id="no_such_command"),
        pytest.param(["--nonsense"], id="no_such_option"),
        pytest.param(["check"], id="check_nothing"),
        pytest.param(["check", "--nonsense", "line.py"], id="check_no_such_option"),
        pytest.param(["check", "line.py"], id="check_outside_of_a_release"),
        pytest.param(["check", "."], id="check_a_folder_that_is_none"),
        pytest.param(["grade", "--workers", "0", "."], id="no_workers"),
        pytest.param(["grade", "--seed", "-1", "."], id="negative_seed"),
        pytest.param(["grade", "nowhere"], id="no_such_class"),
        pytest.param(["grade", "solutions/lines/assignment.toml"], id="a_file_for_a_class"),
        pytest.param(["grade", "--assignment", "circles", "solutions"], id="no_such_assignment"),
        pytest.param(["grade", "--course", "nowhere", "solutions"], id="no_such_course"),
        pytest.param(["audit", "lines/curve"], id="no_such_problem"),
        pytest.param(["dist"], id="dist_before_release"),
        pytest.param(["diff"], id="diff_of_no_run"),
        pytest.param(["export"], id="export_of_no_run"),
    ],
)
def test_a_call_that_means_nothing_ends_with_64(home, call, words):
    """The status is no verdict's, and what was wrong is said in a line or two."""
    outcome = call(*words)

    assert outcome.exit_code == 64
    assert outcome.output.strip()
    assert "Traceback" not in outcome.output


@pytest.mark.parametrize("command", ["diff", "export"])
def test_what_only_reads_results_makes_none(home, call, tmp_path, command):
    """Given in the wrong folder, it leaves nothing there."""
    outcome = call(command, "--out", tmp_path / "out")

    assert "holds no results; grade the class first" in outcome.output
    assert not (tmp_path / "out").exists()


def test_codes_explains_each_code(call):
    """The number, the meaning and what to try."""
    outcome = call("codes")

    assert outcome.exit_code == 0
    for code, told in MEANINGS.items():
        assert f" {code} " in outcome.output
        assert told.meaning.split()[0] in outcome.output


def test_help_is_asked_for_and_no_mistake(call):
    """`-h` works everywhere."""
    for words in (["-h"], ["check", "-h"], ["grade", "--help"]):
        assert call(*words).exit_code == 0


def test_the_version_is_told(call):
    """The package's own."""
    outcome = call("--version")

    assert (outcome.exit_code, outcome.output) == (0, f"autograder, version {autograder.__version__}\n")


def test_another_package_of_the_name_is_said(call, tmp_path, monkeypatch):
    """On standard error, whatever the command: either may be the one that is found next time."""
    told = tmp_path / "site/autograder-3.7.7.dist-info/METADATA"
    told.parent.mkdir(parents=True)
    told.write_text("Metadata-Version: 2.1\nName: autograder\nVersion: 3.7.7\n")
    monkeypatch.syspath_prepend(tmp_path / "site")

    outcome = call("codes")

    assert outcome.exit_code == 0
    assert "warning: autograder 3.7.7 is installed, another program" in outcome.output
    assert "`python -m pip uninstall autograder`" in outcome.output


class TestCheck:
    """The student's command: its status is the code."""

    def test_a_starter(self, student, call):
        """40, and each function by name."""
        outcome = call("check", "line.py")

        assert outcome.exit_code == 40
        assert "`Line.fit` is not written yet" in outcome.output

    @pytest.mark.parametrize(
        ("fragment", "status"),
        [
            pytest.param("", 0, id="right"),
            pytest.param(ACCEPT["negative_root"], 0, id="another_right_one"),
            pytest.param(REJECT["intercept_forgotten"], 53, id="values"),
            pytest.param(REJECT["heights_as_a_column"], 52, id="shape"),
            pytest.param(REJECT["points_changed"], 55, id="input_changed"),
            pytest.param(REJECT["root_not_taken"], 60, id="predicate"),
            pytest.param("import torch", 0, id="unused_import"),
            pytest.param("import torch; torch.zeros(1)", 50, id="forbidden_import"),
            pytest.param("def broken(:", 2, id="syntax_error"),
            pytest.param("import os; os._exit(0)", 1, id="dies"),
        ],
    )
    def test_a_module(self, student, call, fragment, status):
        """The first of the problem's codes, in the order of precedence."""
        (student / "line.py").write_text(f"{REFERENCE}\n\n{fragment}\n")

        assert call("check", "line.py").exit_code == status

    def test_a_folder(self, student, call):
        """All problems of the assignment."""
        (student / "line.py").write_text(REFERENCE)

        outcome = call("check", ".")

        assert outcome.exit_code == 0
        assert "lines/line  7/7" in outcome.output

    def test_several_paths(self, student, call, tmp_path):
        """The status is the code of the first problem that isn't right, whatever comes after it."""
        for name, fragment in (("a", ""), ("b", REJECT["root_not_taken"]), ("c", REJECT["heights_as_a_column"])):
            (tmp_path / name).mkdir()
            (tmp_path / name / "line.py").write_text(f"{REFERENCE}\n\n{fragment}\n")
        (student.parent.parent / "anywhere").mkdir(exist_ok=True)

        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(student.parent.parent)
            outcome = call("check", *(tmp_path / name / "line.py" for name in "abc"))

        assert outcome.exit_code == 60
        assert outcome.output.count("lines/line  ") == 3

    def test_watching(self, student, call, monkeypatch):
        """Each save of a module is answered, and the end of watching is no verdict."""

        def watch(*folders, watch_filter, **_):
            assert [folder.resolve() for folder in folders] == [student]
            assert (watch_filter("added", "line.py"), watch_filter("added", "line.ipynb")) == (True, False)
            yield (student / "line.py").write_text(REFERENCE)

        monkeypatch.setitem(sys.modules, "watchfiles", SimpleNamespace(watch=watch))

        outcome = call("check", "--watch", "line.py")

        assert outcome.exit_code == 0
        assert [outcome.output.count(score) for score in ("lines/line  0/", "lines/line  7/7")] == [1, 1]

    def test_watching_needs_a_package(self, student, call, monkeypatch):
        """Which one, and how to have it, is said."""
        monkeypatch.setitem(sys.modules, "watchfiles", None)

        outcome = call("check", "--watch", "line.py")

        assert outcome.exit_code == 64
        assert "python -m pip install watchfiles" in outcome.output

    def test_a_file_that_is_not_there(self, student, call):
        """Not handed in is not written."""
        (student / "line.py").unlink()

        outcome = call("check", "line.py")

        assert outcome.exit_code == 40
        assert "code 40, missing\n        line.py is not in" in outcome.output


class TestGrade:
    """The instructor's command: reports, a table, and a status that says whether everybody was judged."""

    def test_a_class(self, home, call, class_, tmp_path):
        """Reports are where they should be, and the status is 0, whatever the students did."""
        outcome = call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")

        assert outcome.exit_code == 0
        assert "2 submissions by code" in outcome.output
        with (tmp_path / "out/lines/grades.csv").open(encoding="utf-8") as file:
            assert list(csv.reader(file)) == [
                ["student", "lines/line", "total", "max", "pending", "partial credit", "reason"],
                ["ada", "7", "7", "7", "0", "", ""],
                ["bob", "3", "3", "7", "0", "", ""],
            ]
        assert json.loads((tmp_path / "out/lines/reports/bob/report.json").read_text())["score"] == 3.0
        assert "Hint: how often does your loop run?" in (tmp_path / "out/lines/reports/bob/report.txt").read_text()

    @pytest.mark.parametrize("place", ["", "grades", "ada"])
    def test_results_are_kept_apart(self, home, call, class_, place):
        """In the folder of submissions they would be the next run's student, or lie in a student's folder."""
        outcome = call("grade", class_, "--out", class_ / place, "--workers", 1, "--weak-sandbox")

        assert outcome.exit_code == 64
        assert "where it would be taken for a student's; keep results elsewhere" in outcome.output
        assert sorted(path.name for path in class_.rglob("*")) == ["ada", "bob", "line.py", "line.py"]

    def test_what_belongs_to_nobody_is_said(self, home, call, class_, tmp_path):
        """Under the table: a module beside the students' folders was meant to be somebody's."""
        for name in ("line.py", "bob_line.ipynb", "roster.csv", ".hidden.py"):
            (class_ / name).write_text("")

        outcome = call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")

        said = "is not graded, for it lies in no student's folder; put it there"
        assert outcome.exit_code == 0
        assert f"warning: bob_line.ipynb {said}\nwarning: line.py {said}\n" in outcome.output
        assert outcome.output.count(said) == 2

    def test_what_could_not_be_taken_is_said(self, home, call, class_, tmp_path):
        """Under the table: whoever grades sees at once whose file has nearly the right name."""
        (class_ / "bob/line.py").rename(class_ / "bob/line (1).py")
        (class_ / "ada/notes.txt").write_text("")

        outcome = call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")

        assert outcome.output.count("to look at: ") == 1
        assert "to look at: bob: found line (1).py; expected line.py; rename it" in outcome.output
        assert (
            "found line (1).py; expected line.py; rename it"
            in (tmp_path / "out/lines/reports/bob/report.txt").read_text()
        )

    def test_one_is_no_more_than_one(self, home, call, class_, tmp_path):
        """Where there is one of a thing."""
        (class_ / "bob/line.py").unlink()
        (class_ / "bob").rmdir()

        graded = call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")
        again = call("export", "--out", tmp_path / "out")

        assert "known mistakes of 1 problem." in graded.output
        assert "1 submission by code" in graded.output
        assert again.output.startswith("1 report written")

    def test_from_elsewhere(self, course, call, class_, tmp_path, monkeypatch):
        """The course may lie anywhere."""
        monkeypatch.chdir(tmp_path)

        outcome = call("grade", class_, "--course", course, "--assignment", "lines", "--workers", 1, "--weak-sandbox")

        assert outcome.exit_code == 0
        assert (tmp_path / "build/grades/lines/grades.csv").exists()

    def test_the_sample_class(self, home, call):
        """Without submissions one class is made, said and graded; everybody's right work has full marks."""
        outcome = call("grade", "--workers", 1, "--weak-sandbox")

        assert outcome.exit_code == 0
        assert "grading a sample class" in outcome.output
        with (home / "build/sample-grades/lines/grades.csv").open(encoding="utf-8") as file:
            scores = {row["student"]: row["total"] for row in csv.DictReader(file)}
        right = [score for name, score in scores.items() if name.startswith(("all-right", "right-but-different"))]
        assert len(right) == 5
        assert set(right) == {"7"}
        assert scores["nothing-written"] == scores["leaves-early"] == scores["climbs-out"] == "0"
        assert {row.parent.name for row in (home / "build/sample-grades/lines/reports").glob("*/report.txt")} == set(
            scores
        )

    def test_the_sample_class_replaces_no_real_one(self, home, call, class_, tmp_path):
        """Its table would be written where the real one's is."""
        words = ("grade", "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")
        call(*words, class_)
        table = (tmp_path / "out/lines/grades.csv").read_bytes()
        outcome = call(*words)

        assert outcome.exit_code == EXIT_USAGE
        assert f"{tmp_path / 'out'} holds results of a class; name another folder with --out" in outcome.output
        assert (tmp_path / "out/lines/grades.csv").read_bytes() == table
        assert not (home / "build/sample-class").exists()

    @pytest.mark.parametrize("held", ["build/sample-grades", "build/sample-class"])
    def test_a_second_grader_touches_nothing(self, home, call, held):
        """Neither the results of the first nor the sample class that it is grading."""
        (home / held).mkdir(parents=True)
        (home / "build/sample-class/ada").mkdir(parents=True)
        with locked(home / held / LOCK_FILE):
            outcome = call("grade", "--workers", 1, "--weak-sandbox")

        assert outcome.exit_code == 64
        assert f"autograder: {held} is in use: process {os.getpid()} on " in outcome.output
        assert [path.name for path in (home / "build/sample-class").iterdir() if path.name != LOCK_FILE] == ["ada"]

    def test_what_staff_have_misspelt_is_found_before_anybody_is_graded(self, home, call, class_, tmp_path):
        """The status is that of a call that could not begin, and the line is named."""
        path = home / EXPECT
        path.write_text(path.read_text().replace("positives(rng)", "positive(rng)"))

        outcome = call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")

        assert outcome.exit_code == 64
        assert f"autograder: {path.resolve()}, line 12: there is no `positive`; is it misspelt?" in outcome.output
        assert [one.name for one in (tmp_path / "out").glob("[!g]*")] == []
        assert not (tmp_path / "out/lines/grades.csv").exists()

    def test_what_is_pending(self, home, call, class_, tmp_path):
        """The status is 5, and who is concerned is told; mended, it is judged."""
        finding = 'yield Finding(Code.NOT_GOOD_ENOUGH, "x"'
        wrong = {"eve": "return 0.0 * a + 7.0", "fay": "return 0.0 * a + 8.0"}
        for student, root in wrong.items():
            (class_ / student).mkdir()
            (class_ / student / "line.py").write_text(f"{REFERENCE}\n\ndef root(a):\n    {root}\n")
        (class_ / "gus").mkdir()
        broken = shutil.copytree(home, tmp_path / "broken")
        path = broken / EXPECT
        slip = f'if found["x"][0] == 7.0:\n            raise OSError(1)\n        {finding}'
        path.write_text(path.read_text().replace(finding, slip))
        words = ("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox", "--course")

        first = call(*words, broken)
        second = call(*words, home)

        assert (first.exit_code, second.exit_code) == (5, 0)
        said = " ".join(first.output.split())
        message = "code 4, the predicate `a_root` failed (expect.py, line 14: OSError: 1)"
        assert f"pending, our fault: eve lines/line rooted: {message}" in said
        assert "give the same command again" in said
        assert said.count("pending, our fault") == 1
        assert re.search(r"problem .*mean .*pending", said)
        assert "pending, our fault" not in second.output
        assert "│ pending" not in second.output
        difference = call("diff", "--out", tmp_path / "out").output
        assert "eve: lines/line 6 → 6 points (+0), the problem or the engine changed: " in difference
        assert "`rooted` 0 (code 4) → 0 (code 60)" in difference

    def test_another_seed(self, home, call, class_, tmp_path):
        """The verdicts are the same on any seed, and each is its own run."""
        for seed in (1, 2):
            assert (
                call(
                    "grade", class_, "--out", tmp_path / "out", "--seed", seed, "--workers", 1, "--weak-sandbox"
                ).exit_code
                == 0
            )
        outcome = call("diff", "--out", tmp_path / "out")

        assert outcome.exit_code == 0
        assert outcome.output == "lines: 0 differences between run 1 and run 2\n"

    def test_what_changed_is_told(self, home, call, class_, tmp_path):
        """Who gained what, in which check, and why."""
        call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")
        (class_ / "bob/line.py").write_text(REFERENCE)
        call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")
        outcome = call("diff", "--out", tmp_path / "out")

        assert (
            "bob: lines/line 3 → 7 points (+4), other files were handed in: `fitted` 0 (code 53) → 4 (code 0)"
            in outcome.output
        )
        assert "ada" not in outcome.output

    def test_what_a_check_is_worth_now_is_told(self, home, call, class_, tmp_path):
        """Where the code is as before and the points are not."""
        call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")
        # Elsewhere, for a process loads a page once.
        course = shutil.copytree(home, tmp_path / "next")
        for name, old, new in (("line/checks.py", "points=4", "points=5"), ("assignment.toml", "= 7", "= 8")):
            path = course / "solutions/lines" / name
            path.write_text(path.read_text().replace(old, new))
        call("grade", class_, "--out", tmp_path / "out", "--course", course, "--workers", 1, "--weak-sandbox")
        outcome = call("diff", "--out", tmp_path / "out")

        said = "ada: lines/line 7 → 8 points (+1), the problem or the engine changed: `fitted` 4 (code 0) → 5 (code 0)"
        assert f"{said}\n" in outcome.output
        assert outcome.output.endswith("1 difference between run 1 and run 2\n")

    def test_that_nothing_was_printed_is_said(self, home, call, class_, tmp_path):
        """Silence could be a mistake in the command as well."""
        (class_ / "bob/line.py").write_text(f"{REFERENCE}\n\nprint('hello')")
        call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")

        assert "    hello" in call("output", "bob", "--out", tmp_path / "out").output
        nothing = f"ada's modules printed nothing in the latest run in {tmp_path / 'out'}\n"
        assert call("output", "ada", "--out", tmp_path / "out").output == nothing

    def test_reports_can_be_written_again(self, home, call, class_, tmp_path):
        """Out of the store, without running anything."""
        call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")
        (tmp_path / "out/lines/grades.csv").unlink()
        outcome = call("export", "--out", tmp_path / "out")

        assert (outcome.exit_code, outcome.output) == (0, f"2 reports written to {tmp_path / 'out'}\n")
        assert (tmp_path / "out/lines/grades.csv").exists()


class TestRelease:
    """Staff's commands: make what students get, and say when it is out of date."""

    def test_what_is_fresh(self, released, call):
        """0, and not a word."""
        outcome = call("release", "--check", "--course", released)

        assert (outcome.exit_code, outcome.output) == (0, "")

    def test_what_is_stale(self, home, call):
        """1, and each file by name; nothing is written."""
        call("release")
        (home / "assignments/lines/line.py").write_text("mine\n")
        outcome = call("release", "--check")

        assert outcome.exit_code == 1
        assert "line.py is not what solutions/ gives" in outcome.output
        assert (home / "assignments/lines/line.py").read_text() == "mine\n"

    def test_the_zips(self, released, call, tmp_path):
        """One for each assignment."""
        outcome = call("dist", "--course", released, "--out", tmp_path)

        assert outcome.exit_code == 0
        assert [path.name for path in tmp_path.glob("*.zip")] == ["lines.zip"]
        with zipfile.ZipFile(tmp_path / "lines.zip") as archive:
            assert "lines/line.ipynb" in archive.namelist()
            assert not [name for name in archive.namelist() if "reject" in name or "solutions" in name]

    def test_a_zip_is_not_made_of_what_is_stale(self, home, call, tmp_path):
        """64, and each file by name."""
        call("release")
        (home / "assignments/lines/line.py").write_text(REFERENCE)
        outcome = call("dist", "--out", tmp_path)

        assert outcome.exit_code == 64
        assert "line.py is not what solutions/ gives" in outcome.output
        assert list(tmp_path.glob("*.zip")) == []

    def test_a_course_that_is_wrong(self, home, call):
        """64, and the file by name."""
        (home / "solutions/lines/line/line.py").write_text(f"{REFERENCE}\n# BEGIN SOLUTION\n")
        outcome = call("release")

        assert outcome.exit_code == 64
        assert "line.py, line" in outcome.output


class TestNewTerm:
    """Before a class is graded each assignment has a key of its own."""

    @pytest.fixture
    def without(self, home):
        """The small course as somebody writes it: nobody has thought of a key."""
        path = home / TOML
        path.write_text(ASSIGNMENT.replace(f'key = "{KEY}"\n', ""))
        return home

    @pytest.mark.parametrize("words", [["grade"], ["grade", "--assignment", "lines"], ["audit"]], ids=" ".join)
    def test_what_needs_official_inputs_is_refused_without_a_key(self, without, call, words):
        """Before anything is made, with the command that makes one; on numbered inputs it goes on."""
        outcome = call(*words)

        assert outcome.exit_code == EXIT_USAGE
        assert "has no `key`" in outcome.output
        assert "`autograder new-term --assignment lines`" in outcome.output
        assert not (without / "build").exists()

    def test_what_needs_none_goes_on(self, without, call, class_, tmp_path):
        """Staff's own numbers need no key."""
        words = ("--out", tmp_path / "out", "--workers", 1, "--weak-sandbox", "--seed", 3)

        assert call("grade", class_, *words).exit_code == 0
        assert call("audit", "--seed", 3).exit_code == 0

    def test_then_the_class_is_graded(self, without, call, class_, tmp_path):
        """On inputs that follow from the key; with another key it is graded anew."""
        runs = []
        for _ in range(2):
            said = call("new-term")
            key = tomllib.loads((without / TOML).read_text())["key"]
            assert said.exit_code == 0
            assert len(bytes.fromhex(key)) == 32
            graded = call("grade", class_, "--out", tmp_path / "out", "--workers", 1, "--weak-sandbox")
            assert graded.exit_code == 0
            runs.append((said.output + graded.output, key))

        assert "a new key\n" in runs[0][0]
        assert "no history was looked through: fatal: not a git repository" in runs[0][0]
        files = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
        for _, key in runs:
            assert not any(key in said for said, _ in runs)
            assert not any(key.encode() in content or bytes.fromhex(key) in content for content in files)
        with Store.existing(tmp_path / "out" / STORE_FILE) as store:
            one, other = ({key.problem for _, keys in store.reports(run, "lines") for key in keys} for run in (1, 2))
        assert one.isdisjoint(other)

    def test_a_key_that_was_committed_with_the_release_is_told(self, home, call, monkeypatch):
        """With the commit; and whether it is the one that is there."""
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
            monkeypatch.setenv(name, "staff@example.org")
        (home / "assignments/lines").mkdir(parents=True)
        (home / "assignments/lines/line.py").write_text("pass\n")
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
            subprocess.run(["git", *words], check=True)
        commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout[:12]

        asked = call("new-term", "--check")
        assert asked.exit_code == 1
        assert (
            "warning: lines: the key so far was committed together with assignments/lines, in 1 commit" in asked.output
        )
        assert (home / TOML).read_text() == ASSIGNMENT

        renewed = call("new-term")
        assert renewed.exit_code == 0
        assert "warning: lines: the key so far was committed" in renewed.output

        after = call("new-term", "--check")
        assert after.exit_code == 0
        assert "warning: lines: an earlier key was committed" in after.output
        for outcome in (asked, renewed, after):
            assert f"the first {commit}" in outcome.output
            assert "give students what `autograder dist` makes, and nothing else" in outcome.output
            assert KEY not in outcome.output

    def test_a_missing_key_is_told_without_writing_one(self, without, call):
        """1, and the file is as it was."""
        text = (without / TOML).read_text()

        outcome = call("new-term", "--check")

        assert outcome.exit_code == 1
        assert "has no `key` that can be used" in outcome.output
        assert (without / TOML).read_text() == text

    @pytest.mark.parametrize("words", [["--assignment", "nonesuch"], ["--course", "data"]], ids="_".join)
    def test_where_there_is_nothing_to_write(self, home, call, words):
        """A usage error, in a line."""
        assert call("new-term", *words).exit_code == EXIT_USAGE


class TestAudit:
    """The proof that a problem's checks are right."""

    def test_all_holds(self, home, call):
        """0, and a line for each problem."""
        outcome = call("audit")

        assert (outcome.exit_code, outcome.output) == (0, "lines/line: all holds\n")

    def test_what_does_not_hold(self, home, call):
        """1, and a sentence for each thing."""
        path = home / "solutions/lines/line/reject/one_step.py"
        path.write_text(path.read_text().replace("fitted 53", "fitted 52"))
        outcome = call("audit", "lines/line", "--seed", 3)

        assert outcome.exit_code == 1
        assert "lines/line: 1 things do not hold" in outcome.output
        assert "reject/one_step gets 53 from `fitted`, not 52" in outcome.output

    def test_checks_are_measured(self, home, call, tmp_path):
        """1 for mutants that survive without being listed; a page and a record are written."""
        outcome = call("audit", "--fast", "--out", tmp_path / "audit")

        assert outcome.exit_code == 1
        assert "lines/line: 23 things do not hold" in outcome.output
        assert {path.name for path in (tmp_path / "audit").iterdir()} > {"audit.json", "index.html"}

    def test_behavioural_mutants_alone(self, home, call, tmp_path):
        """With the figures, and a sentence for each that is accepted without a reason; other kinds are refused."""
        outcome = call("audit", "--only", "state", "--seeds", 4, "--out", tmp_path / "audit")
        again = call("audit", "--only", "state", "--seeds", 4, "--out", tmp_path / "audit")
        unknown = call("audit", "--only", "state,mood")

        assert outcome.exit_code == 1
        assert "lines/line, behavioural mutants: 12: 9 caught, 3 accepted, 0 luck" in outcome.output
        assert "state: `answer of root → of the first call` is accepted on all of 4 seeds" in outcome.output
        assert outcome.output.partition("lines/line, ")[2] == again.output.partition("lines/line, ")[2]
        assert "there are no mutants of the kind mood; name domain, state, float32" in unknown.output

    def test_another_python_is_found_from_here(self, home, call, tmp_path):
        """Also by a path from the working directory, which is not where it runs; what is no program is refused."""
        out = tmp_path / "audit"
        found = call("audit", "--fast", "--python", os.path.relpath(sys.executable), "--out", out)
        missing = call("audit", "--fast", "--python", "no/such/python", "--out", out)

        assert "lines/line: 23 things do not hold" in found.output
        assert "no/such/python is no program" in missing.output


def test_doctor_speaks_of_each_promise(call):
    """Whether it is kept here, and by which layers; 0 when every one is."""
    outcome = call("doctor")
    unbroken = " ".join(re.sub("[│┃]", " ", outcome.output).split())

    assert outcome.exit_code == ("not enforced here" in outcome.output or "not kept here" in outcome.output)
    assert "tried in vain to read a file outside, " in outcome.output
    assert [guarantee.says for guarantee in GUARANTEES if guarantee.says not in unbroken] == []
    for layer in LAYERS:
        assert layer in outcome.output


WHOLE = {
    "namespaces": Namespaces(of_users=False),
    "landlock": 7,
    "seccomp": 400,
    "identity": Identity(1 << 30, alone=True),
    "limits": 0,
}


def without(*missing):
    """A machine that has all layers but these."""
    held = {layer: record for layer, record in WHOLE.items() if layer not in missing}
    return Enforced(**held, missing=dict.fromkeys(missing, "no such thing"))


@pytest.mark.parametrize("missing", [pytest.param((layer,), id=layer) for layer in LAYERS] + [LAYERS])
def test_doctor_says_how_to_get_what_is_missing(call, monkeypatch, missing):
    """Each layer that isn't there, why, and what to do; what is not enforced then, and 1 if that is anything."""
    enforced = without(*missing)
    monkeypatch.setattr(attempts, "try_guarantees", lambda: (enforced, []))
    outcome = call("doctor")

    assert outcome.exit_code == bool(enforced.lacks)
    for layer in missing:
        assert f"{layer}: {sentences(enforced)[layer]}" in outcome.output
    for clause in enforced.lacks:
        assert f"not enforced here: {clause}" in outcome.output
    assert ("Every promise is kept." in outcome.output) != bool(enforced.lacks)


def test_doctor_believes_what_happened(call, monkeypatch):
    """Where all is set up and an attempt succeeds all the same, or ends otherwise than it must, the status is 1."""
    one, *others = attempts.ATTEMPTS
    tried = [Outcome(one, "succeeded", "\x1bwhat it read"), *(Outcome(each, each.kept_by, "") for each in others)]
    monkeypatch.setattr(attempts, "try_guarantees", lambda: (without(), tried))
    outcome = call("doctor")

    assert outcome.exit_code == 1
    assert f"not kept here: tried to {one.what}: succeeded (\N{REPLACEMENT CHARACTER}what it read)" in outcome.output
    assert "Every promise" not in outcome.output


def test_what_each_layer_is_needed_for():
    """Files need one of two layers; all else has one that must be there."""
    lacks = {layer: without(layer).lacks for layer in LAYERS}

    assert lacks == {
        "namespaces": (),
        "landlock": (),
        "seccomp": ("it may reach the network and other processes",),
        "identity": ("it may keep rights of the user who grades",),
        "limits": ("it may take more time and memory than the limits",),
    }
    assert len(Enforced().lacks) == 4
