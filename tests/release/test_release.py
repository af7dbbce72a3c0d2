"""A release is a function of the solutions, and gives nothing of them away."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from small_course import ACCEPT, KEY, REFERENCE, REJECT, write_course

import autograder
from autograder import codes
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.expected import ANSWERS_FILE, Answers, from_file, to_bytes
from autograder.notebook.alignment import as_notebook
from autograder.release.files import as_zip, differs, readme, release, write
from autograder.release.starter import solution_lines
from autograder.wire import Observation

RELEASED = {
    "README.md",
    "checks/assignment.toml",
    codes.PAGE,
    "checks/given/given_noise.py",
    f"checks/line/{ANSWERS_FILE}",
    "checks/line/checks.py",
    "checks/line/expect.py",
    "data/points.npz",
    "given_noise.py",
    "line.ipynb",
    "line.py",
}
_HOME = Path(autograder.__file__).parent
ENGINE = {
    f"autograder/{path.relative_to(_HOME).as_posix()}" for path in _HOME.rglob("*.py") if path.parent != _HOME / "audit"
}


@pytest.fixture(scope="module")
def files(tmp_path_factory, sandbox):
    """The release of the small course."""
    (assignment,) = read_course(write_course(tmp_path_factory.mktemp("released") / "course"))
    return release(sandbox.observe, assignment, Path("nowhere"))


@pytest.fixture
def again(course, sandbox):
    """A release of the test's own course, as it is by then."""

    def released(old=Path("nowhere")):
        (assignment,) = read_course(course)
        return release(sandbox.observe, assignment, old)

    return released


def text_of(path, old, new):
    """Change a file, in which the old text stands once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


class TestDeterminism:
    """The same solutions give the same bytes."""

    def test_wherever_the_course_lies(self, files, again):
        """Neither the folder nor the time is in any file."""
        assert again() == files

    def test_and_the_zip_with_it(self, files):
        """Packing adds no date and no order of its own."""
        assert as_zip(files, "lines") == as_zip(dict(reversed(files.items())), "lines")

    def test_answers_that_differ_by_rounding_stay(self, files, again, tmp_path):
        """Another machine's last digits are no change."""
        name = f"checks/line/{ANSWERS_FILE}"
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_bytes(files[name])
        shaken = shake(from_file(path), 1e-9)
        path.write_bytes(shaken)

        assert shaken != files[name]
        assert again(tmp_path)[name] == shaken

    @pytest.mark.parametrize(
        "old",
        [
            pytest.param(lambda answers: shake(answers, 1e-3), id="other_values"),
            pytest.param(
                lambda answers: to_bytes(Answers(answers.reference, answers.mistakes[1:])), id="fewer_mistakes"
            ),
            pytest.param(lambda answers: to_bytes(renamed(answers, hint="think again")), id="other_hint"),
            pytest.param(lambda answers: to_bytes(renamed(answers, credit={"prediction": 1.0})), id="other_worth"),
            pytest.param(lambda answers: to_bytes(answers)[:-1], id="cut_short"),
            pytest.param(lambda answers: b"", id="empty"),
        ],
    )
    def test_answers_that_are_others_are_made_anew(self, files, again, tmp_path, old):
        """What is not the same to within rounding is what the solutions give."""
        name = f"checks/line/{ANSWERS_FILE}"
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_bytes(files[name])
        path.write_bytes(old(from_file(path)))

        assert again(tmp_path)[name] == files[name]


def shake(answers, size):
    """The answers with the reference's numbers a little larger, as a file."""
    right = {
        key: replace(one, values={name: value + size for name, value in one.values.items()})
        for key, one in answers.reference.items()
    }
    return to_bytes(Answers(right, answers.mistakes))


def renamed(answers, **changes):
    """The answers with changes to the first mistake."""
    first, *others = answers.mistakes
    return Answers(answers.reference, (replace(first, **changes), *others))


class TestReadme:
    """What a student reads first is true of the assignment that it is about."""

    @pytest.fixture
    def lines(self, tmp_path):
        """The small course's files, to be taken away."""
        return write_course(tmp_path / "course") / "solutions/lines"

    def said(self, lines):
        (assignment,) = read_course(lines.parent.parent)
        return readme(assignment)

    def test_all_that_is_there_is_told(self, lines):
        """The date, the notebook, the data, the runs; and how to make an environment in what the zip holds."""
        said = self.said(lines)

        for word in (
            "Due Friday, 05 March 2027",
            "`line.ipynb`",
            "`data/`",
            "3 official runs a day",
            "`given_noise.py`",
        ):
            assert word in said
        assert "    python3 -m venv .venv " in said
        assert "make setup" not in said
        assert said.endswith(".\n")

    def test_of_what_is_not_there_nothing_is_told(self, lines):
        """No notebook, no data, no date and no quota: not a word of them."""
        (lines / "line/notebook.py").unlink()
        text = (lines / "assignment.toml").read_text()
        for there in ('data = ["points.npz"]\n', "quota = 3\n", "due = 2027-03-05T23:55:00-05:00\n"):
            text = text.replace(there, "")
        (lines / "assignment.toml").write_text(text)

        said = self.said(lines)

        for word in ("otebook", "ipynb", "jupyter", "data", "Due", "a day"):
            assert word not in said
        assert "| A line through points | `line.py` | 7 |\n" in said
        assert said.endswith(".\n")


class TestSecrecy:
    """Students get what they need, and nothing of the solutions."""

    def test_the_files_are_those_and_no_others(self, files):
        """One by one."""
        assert set(files) == RELEASED

    def test_the_zip_holds_them_and_the_engine(self, files):
        """In a folder of the assignment's name."""
        with zipfile.ZipFile(io.BytesIO(as_zip(files, "lines"))) as archive:
            names = archive.namelist()

        assert sorted(names) == sorted(
            f"lines/{name}"
            for name in {*RELEASED, *ENGINE, "checks/line/line.ipynb", "requirements.txt", "students.md"}
        )

    def test_students_install_the_engines_packages_and_what_they_may_import(self, files):
        """With the oldest versions that the engine states, under the names that an index knows."""
        names = 'allowed_imports = ["numpy", "sklearn.svm", "json", "no_such"]'
        files = {**files, "checks/assignment.toml": names.encode()}
        with zipfile.ZipFile(io.BytesIO(as_zip(files, "lines"))) as archive:
            lines = archive.read("lines/requirements.txt").decode().split()

        assert {"click>=8.1", "jupyterlab>=4", "no_such", "scikit-learn>=1.4"} <= set(lines)
        assert sum(line.startswith("numpy") for line in lines) == 1
        assert not any(line.startswith(("cvxopt", "json", "libcst")) for line in lines)

    def test_no_line_of_a_solution_is_in_any_member(self, files):
        """Neither a region's line nor a specimen's, nor the key, is in any file, text or not."""
        regions = [text.split("# END SOLUTION")[0] for text in REFERENCE.split("# BEGIN SOLUTION")[1:]]
        specimens = [text.rpartition('"""')[2] for text in (*ACCEPT.values(), *REJECT.values())]
        handed_out = {line.strip() for line in files["line.py"].decode().splitlines()}
        lines = {line.strip() for text in (*regions, *specimens) for line in text.splitlines()}
        secrets = {KEY, *(line for line in lines - handed_out if line not in {"", "return self"})}
        assert len(secrets) > 15

        with zipfile.ZipFile(io.BytesIO(as_zip(files, "lines"))) as archive:
            leaks = [
                (name, secret)
                for name in archive.namelist()
                for secret in secrets
                if secret.encode() in archive.read(name)
            ]

        assert leaks == []

    def test_the_telling_lines_of_a_solution_are_among_those(self):
        """What the release itself refuses to hand out is covered by the test above."""
        assert len(solution_lines(REFERENCE, "line.py")) >= 2

    def test_hints_are_handed_out_and_claims_are_not(self, files):
        """A student reads a hint on a mistake of theirs, and no catalogue of mistakes."""
        answers = files[f"checks/line/{ANSWERS_FILE}"]

        assert b"what does `predict` give where x is 0?" in answers
        assert b"The line is taken to go through the origin." not in b"".join(files.values())

    @pytest.mark.parametrize(
        ("path", "line", "origin"),
        [
            pytest.param("line/checks.py", "heights = np.matmul(x, w)", "line.py:9", id="check_page"),
            pytest.param("line/expect.py", "heights  =  np.matmul(x, w)  # easy", "line.py:9", id="predicate"),
            pytest.param("line/notebook.py", "heights = np.matmul(x, w)", "line.py:9", id="notebook"),
            pytest.param("given/given_noise.py", "heights = np.matmul(x, w)", "line.py:9", id="handed_out_module"),
            pytest.param(
                "line/checks.py",
                'print(line.Line(eta=0.05).fit(points["x"], points["x"]).slope)',
                "notebook.py:13",
                id="of_the_notebook",
            ),
        ],
    )
    def test_a_solution_line_that_would_be_handed_out_is_refused(self, course, again, path, line, origin):
        """The message names where it stands and where it comes from, line by line."""
        file = course / "solutions/lines" / path
        file.write_text(f"{file.read_text()}\n\ndef stray(x, w, line, points):\n    {line}\n")

        with pytest.raises(CourseError, match="survives") as error:
            again()

        assert origin in str(error.value)

    @pytest.mark.parametrize(
        ("path", "old", "new", "said"),
        [
            pytest.param(
                "line/line.py",
                "each row of x, (n, d).",
                "each row of x, (n, d).\n\n    >>> heights = np.matmul(x, w)\n    ",
                "line.py, line 9: ",
                id="docstring_of_the_same_function",
            ),
            pytest.param(
                "line/line.py",
                "\n\ndef root",
                "\n\n# return heights + b, self.slope * x - y\ndef root",
                "line.py, line 11: ",
                id="comment",
            ),
            pytest.param(
                "line/notebook.py",
                "# # A line through points",
                "# # A line through points\n#\n# First `heights = np.matmul(x, w)`, then the rest.",
                "line.ipynb, line 3: ",
                id="text_of_a_notebook",
            ),
            pytest.param(
                "assignment.toml",
                'title = "A line through points"',
                'title = "heights = np.matmul(x, w)"',
                "README.md, line ",
                id="readme",
            ),
            pytest.param(
                "line/checks.py",
                "`predict` returns x·w + b for",
                "`predict` says heights=np.matmul(x,w) and returns",
                "checks/line/checks.py, line ",
                id="sentence_of_a_check",
            ),
            pytest.param(
                "line/reject/intercept_forgotten.py",
                "what does `predict` give where x is 0?",
                "say residual = self.slope * x - y instead",
                "the hint of ",
                id="hint",
            ),
        ],
    )
    def test_nor_in_words(self, course, again, path, old, new, said):
        """In a docstring, a comment, a text, what is made of titles, a hint: whoever reads it has the line."""
        text_of(course / "solutions/lines" / path, old, new)

        with pytest.raises(CourseError, match="survives") as error:
            again()

        assert said in str(error.value)


class TestRefusals:
    """What can't be released is said with its file."""

    def test_a_marker_in_a_notebook_is_a_marker(self, course, again):
        """A cell's region needs its end as a function's does."""
        path = course / "solutions/lines/line/notebook.py"
        text_of(path, "# END SOLUTION\n", "")

        with pytest.raises(CourseError, match=r"line 12: `# BEGIN SOLUTION` has no") as error:
            again()

        assert str(path) in str(error.value)

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param("raise ValueError('no root')", id="raises"),
            pytest.param("import os; os._exit(0)", id="dies"),
            pytest.param("raise NotImplementedError", id="not_written"),
        ],
    )
    def test_a_reference_that_fails_is_named_with_its_check(self, course, again, body):
        """Students could not check themselves against it."""
        path = course / "solutions/lines/line/line.py"
        text_of(path, "return np.sqrt(np.asarray(a))", body)

        with pytest.raises(CourseError, match="the check `rooted` fails") as error:
            again()

        assert str(path) in str(error.value)

    def test_a_reference_that_gives_no_array_is_named_with_its_check(self, course, again):
        """Nothing could be compared with it."""
        path = course / "solutions/lines/line/line.py"
        text_of(path, "return np.sqrt(np.asarray(a))", "return None")

        with pytest.raises(CourseError, match="`rooted`") as error:
            again()

        assert str(path) in str(error.value)


class TestNotebook:
    """A notebook is made of its text, cell by cell."""

    @pytest.fixture
    def notebook(self, files):
        """The notebook of the small course."""
        return nbformat.reads(files["line.ipynb"].decode(), as_version=4)

    def test_it_is_valid_and_has_no_outputs(self, notebook):
        """It opens in Jupyter, and nobody's results are in it."""
        nbformat.validate(notebook)

        assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "code", "code", "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells[1:])
        assert set(notebook.metadata) == {"kernelspec", "language_info"}

    def test_a_region_is_a_cell_to_write(self, notebook):
        """The cell says so when it is run."""
        assert notebook.cells[3].source == 'raise NotImplementedError("this notebook: this cell is not written yet")'
        assert [cell.metadata.get("tags") for cell in notebook.cells] == [None, None, None, ["fill"], None]

    def test_tags_are_kept_and_nothing_else_is(self):
        """What a cell is tagged with says how it is judged; an editor's own notes are its own."""
        (cell,) = json.loads(as_notebook('# %% tags=["environment"] collapsed=true\nx = 1\n', "line"))["cells"]

        assert cell["metadata"] == {"autograder": {"key": cell["id"]}, "tags": ["environment"]}

    def test_ids_are_unique(self, notebook):
        """Two cells of one text have an id each."""
        assert notebook.cells[2].source == notebook.cells[4].source
        assert len({cell.id for cell in notebook.cells}) == 5

    def test_ids_stay_with_their_cells(self):
        """A cell that is put between others changes no other's id."""
        before = json.loads(as_notebook("# %%\nx = 1\n\n# %%\ny = 2\n", "line"))["cells"]
        after = json.loads(as_notebook("# %%\nx = 1\n\n# %%\nbetween = 3\n\n# %%\ny = 2\n", "line"))["cells"]

        assert [after[0]["id"], after[2]["id"]] == [cell["id"] for cell in before]

    def test_a_magic_stays_one(self):
        """What is a comment in the text is a magic in the notebook."""
        (cell,) = json.loads(as_notebook("# %%\n# %load_ext autoreload\nx = 1\n", "line"))["cells"]

        assert "".join(cell["source"]) == "%load_ext autoreload\nx = 1"


class TestFolder:
    """The folder holds exactly the release, and says where it doesn't."""

    @pytest.fixture
    def folder(self, files, tmp_path):
        """A release on disk."""
        write(files, tmp_path)
        return tmp_path

    def test_what_is_fresh_has_no_differences(self, files, folder):
        """What was just written is up to date."""
        assert list(differs(files, folder)) == []

    def test_what_is_stale_is_named(self, files, folder):
        """Missing, changed and left-over files have a sentence each."""
        (folder / "line.py").unlink()
        (folder / "README.md").write_text("mine\n")
        (folder / "old.py").write_text("left over\n")

        assert list(differs(files, folder)) == [
            f"{folder / 'README.md'} is not what solutions/ gives; run `make release`",
            f"{folder / 'line.py'} is missing; run `make release`",
            f"{folder / 'old.py'} comes from nothing in solutions/; run `make release`",
        ]

    def test_writing_takes_left_overs_away(self, files, folder):
        """After it nothing is stale."""
        (folder / "old.py").write_text("left over\n")
        (folder / "README.md").write_text("mine\n")
        write(files, folder)

        assert list(differs(files, folder)) == []

    def test_what_tools_leave_is_nobodys_business(self, files, folder):
        """Caches and hidden files are neither stale nor taken away."""
        for name in ("__pycache__/line.pyc", ".ipynb_checkpoints/line.ipynb", ".DS_Store"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"")
        write(files, folder)

        assert list(differs(files, folder)) == []
        assert (folder / ".DS_Store").exists()

    def test_a_file_that_is_the_same_is_not_touched(self, files, folder):
        """Its time stays, so that editors and make see no change."""
        before = (folder / "line.py").stat().st_mtime_ns
        write(files, folder)

        assert (folder / "line.py").stat().st_mtime_ns == before


class TestAnswers:
    """What the public seed gives is a file that says when it is damaged."""

    @pytest.fixture
    def path(self, files, tmp_path):
        """The answers of the small course."""
        path = tmp_path / ANSWERS_FILE
        path.write_bytes(files[f"checks/line/{ANSWERS_FILE}"])
        return path

    def test_they_arrive_as_they_were(self, path):
        """Reading and writing again gives the same bytes."""
        assert to_bytes(from_file(path)) == path.read_bytes()

    def test_they_hold_the_reference_and_the_mistakes(self, path):
        """The reference in all checks, each mistake in those that catch it."""
        answers = from_file(path)

        assert len(answers.reference) == 6
        assert [mistake.name for mistake in answers.mistakes] == sorted(REJECT)
        assert {check for check, _ in answers.mistakes[0].seen} == {"prediction"}

    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda content: b"", id="empty"),
            pytest.param(lambda content: content[:-1], id="cut_short"),
            pytest.param(lambda content: content[: content.index(b"\n") + 1], id="index_alone"),
            pytest.param(lambda content: b"[]\n" + content, id="no_reference"),
            pytest.param(lambda content: b"{}\n", id="no_index"),
            pytest.param(lambda content: content.replace(b"obs1", b"obs2", 1), id="other_format"),
        ],
    )
    def test_damage_is_said_with_the_file(self, path, damage):
        """The next step is to unpack it again."""
        path.write_bytes(damage(path.read_bytes()))

        with pytest.raises(CourseError, match=r"is damaged .*; unpack the assignment's zip again") as error:
            from_file(path)

        assert str(path) in str(error.value)

    def test_a_missing_file_is_said(self, tmp_path):
        """So is that there is none."""
        with pytest.raises(CourseError, match="can't be read"):
            from_file(tmp_path / ANSWERS_FILE)

    def test_a_giant_mistake_is_left_out(self, problem, monkeypatch):
        """A network's weights are too much to hand out for each mistake."""
        from autograder.expected import observe_answers

        def observe(problem, implementation, seed, checks):
            return [Observation("prediction", 0, "returned", {"heights": np.zeros(1 << 14)})]

        answers = observe_answers(observe, problem, 0)

        assert len(answers.reference) == 1
        assert {len(mistake.seen) for mistake in answers.mistakes} == {0}


def test_limits_of_its_own_are_handed_out(course, again):
    """What may take a minute in the official run may take one at home."""
    text_of(course / "solutions/lines/assignment.toml", "points = 7\n", "points = 7\nlimits = {wall_seconds = 60.0}\n")
    folder = course / "released"
    write(again(), folder)
    shutil.copytree(folder / "checks", course / "solutions/home")
    shutil.rmtree(course / "solutions/lines")

    (assignment,) = read_course(course)

    assert assignment.problems[0].limits.wall_seconds == 60.0


def test_an_assignment_without_extras_is_released_too(course, again):
    """Notebook, predicates, handed-out modules and data are optional."""
    lines = course / "solutions/lines"
    (lines / "line/notebook.py").unlink()
    (lines / "line/expect.py").unlink()
    (lines / "given/given_noise.py").unlink()
    shutil.rmtree(lines / "line/reject")
    (lines / "line/checks.py").write_text(
        "from autograder.authoring import check\n\n\n@check(points=7)\ndef rooted(line, rng):\n"
        '    """Roots."""\n    return {"x": line.root(rng.uniform(1.0, 9.0))}\n'
    )
    text_of(lines / "assignment.toml", 'data = ["points.npz"]\n', "")
    text_of(lines / "assignment.toml", "due = 2027-03-05T23:55:00-05:00\nquota = 3\n", "")

    assert set(again()) == {
        "README.md",
        "checks/assignment.toml",
        codes.PAGE,
        f"checks/line/{ANSWERS_FILE}",
        "checks/line/checks.py",
        "line.py",
    }
