"""Each kind of damage to a notebook gets exactly its verdict and costs only itself; what is no damage costs nothing."""

from __future__ import annotations

import copy
import io
import json
import zipfile

import damage
import jupytext
import pytest
from damage import edits
from damage import notebook as handed_out
from small_course import ASSIGNMENT, REFERENCE, write_course

from autograder.course.assignments import read_course
from autograder.course.problem import BEGIN, END
from autograder.gradebook.executors import read_apart
from autograder.gradebook.grading import Grader
from autograder.notebook.alignment import arrange, as_notebook
from autograder.notebook.checks import execute, rubric_of
from autograder.notebook.document import read
from autograder.notebook.figures import asked_of
from autograder.notebook.grade import beside, grade_notebook
from autograder.release.files import HERE
from autograder.release.starter import strip
from autograder.report import problem_lines
from autograder.seed import Seed
from autograder.submissions.reading import HandedIn

# All that an endless cell costs these tests.
LIMITS = "\n[problems.limits]\ncell_seconds = 2\nnotebook_seconds = 20\n"
SEED = Seed.numbered(3)
# What is read stands in "img/ö.txt", too.
BESIDE = "import glob\nprint(open('my own.csv').read(), open('img/ö.txt').read(), glob.glob('scans/*.jpg'))"


@pytest.fixture(scope="module")
def rubric(tmp_path_factory):
    """The small course, with a notebook that is graded."""
    home = write_course(tmp_path_factory.mktemp("graded") / "course")
    folder = home / "solutions/lines/line"
    entry = ASSIGNMENT.replace('["numpy"]', '["numpy", "matplotlib"]').replace(
        "points = 7", "points = 7\nnotebook_points = 8"
    )
    (home / "solutions/lines/assignment.toml").write_text(entry + LIMITS)
    (folder / "notebook.py").write_text(handed_out.NOTEBOOK)
    (folder / "figures.toml").write_text(handed_out.FIGURES)
    (folder / "model.py").write_text(handed_out.MODEL)
    (home / "assignments/lines").mkdir(parents=True)
    (home / "assignments/lines/line.ipynb").write_bytes(
        as_notebook(strip(handed_out.NOTEBOOK, "notebook.py", HERE), "line")
    )
    (assignment,) = read_course(home)
    return rubric_of(assignment.problems[0])


@pytest.fixture(scope="module")
def runs(sandbox):
    """Runs in the sandbox, each made once: most damage is to what was saved, and leaves the code as it was."""
    kept = {}

    def run_job(problem, job, budget):
        # The notebook's own file differs each time, and only the cells that read it depend on it.
        files = sorted((name, content) for name, content in job.files.items() if name != problem.notebook_file)
        key = (*files, *job.cells, *job.wanted)
        if key not in kept:
            kept[key] = [*sandbox.run_cells(problem, job, budget)]
        return kept[key]

    return run_job


@pytest.fixture(scope="module")
def filled(rubric, runs):
    """The notebook as it is saved after it was filled and run, as a dictionary."""
    text = "".join(line for line in io.StringIO(handed_out.NOTEBOOK) if line.strip() not in {BEGIN, END})
    notebook = json.loads(json.dumps(jupytext.reads(text, fmt="py:percent")))
    released = rubric.released
    for cell, given in zip(notebook["cells"], released.cells, strict=True):
        cell |= {"id": given.id, "metadata": {"autograder": {"key": given.key}, "tags": sorted(given.tags)}}
    notebook |= {"nbformat": 4, "nbformat_minor": 5}
    notebook["metadata"] = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    arrangement = arrange(read(json.dumps(notebook).encode()), released)
    asked = asked_of(arrangement.steps, rubric.problem.page.model.wanted, rubric.figures)
    run_cells = beside(runs, rubric.problem, {"line.py": REFERENCE.encode()})
    execution = execute(run_cells, rubric.problem.limits, arrangement.code, asked)
    for place, shown in execution.cells.items():
        assert shown.ending == "returned", shown
        notebook["cells"][place]["outputs"] = [raw(output) for output in shown.outputs]
    verdict = {"output_type": "execute_result", "data": {"text/plain": "lines/line  7/7"}}
    edits.cell_of(notebook, handed_out.VERDICT)["outputs"] = [verdict]
    edits.count_again(notebook)
    return notebook


def raw(output):
    """An output in nbformat's form."""
    if output.kind == "stream":
        return edits.stream(output.text, output.name)
    kind = {"result": "execute_result", "display": "display_data"}[output.kind]
    return {"output_type": kind, "data": dict(output.data), "metadata": {}}


@pytest.fixture
def graded(rubric, runs, filled):
    """The report on a notebook after something was done to it."""

    def report(row):
        notebook = edits.changed(row.done, copy.deepcopy(filled))
        content = notebook if isinstance(notebook, bytes) else edits.saved(notebook)
        files = {"line.py": row.module(REFERENCE).encode(), **row.beside}
        return grade_notebook(runs, rubric, content, files, SEED)

    return report


def codes_of(report):
    """The codes of the checks that did not pass, for one that waits for another its name; and "stale" if it is."""
    codes = {
        verdict.check: verdict.blocked_by or verdict.code
        for verdict in report.checks
        if verdict.code or verdict.blocked_by
    }
    return codes | ({"stale": True} if report.stale else {})


def told(report):
    return "\n".join((*problem_lines(report), *(verdict.message for verdict in report.checks)))


@pytest.mark.parametrize("name", damage.NEVER_MIND)
def test_what_is_no_damage_costs_nothing(name, graded):
    """Other programs, other machines, other styles, and cells of one's own: full marks."""
    report = graded(damage.NEVER_MIND[name])

    assert codes_of(report) == {}, told(report)
    assert report.score == report.max_score


@pytest.mark.parametrize("name", damage.DAMAGE)
def test_damage_gets_its_verdict_and_costs_only_itself(name, graded):
    """The codes are exactly these, and the message names the place."""
    row = damage.DAMAGE[name]

    report = graded(row)

    assert codes_of(report) == row.codes, told(report)
    assert row.says in told(report)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["line (1).ipynb", "Line-Copy1.ipynb"], "found Line-Copy1.ipynb and line (1).ipynb; expected line.ipynb"),
        (["a/b/line.ipynb"], "found a/b/line.ipynb; expected line.ipynb at the top"),
        (["line.ipynb", "old/line.ipynb"], "line.ipynb was handed in 2 times"),
        (["notes.ipynb"], "line.ipynb was not handed in"),
        ([], "line.ipynb was not handed in"),
    ],
    ids=["two_that_are_near", "buried", "twice", "another_name", "missing"],
)
def test_a_notebook_that_is_not_where_it_should_be(names, says, rubric, filled, sandbox, tmp_path):
    """Is told as what it is, and costs the notebook's points alone: nothing is run for it."""
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(filled) + "\n" * number)
    problem = rubric.problem
    grader = Grader((problem,), {}, {problem.id: SEED}, {}, rubrics={problem.id: rubric})
    submission = read_apart(sandbox, HandedIn("ada", tmp_path), [problem])

    (graded,) = grader.graded(sandbox, submission, {problem.notebook_id})

    assert codes_of(graded.report) == edits.UNREADABLE
    assert says in told(graded.report)


@pytest.mark.parametrize(
    "name",
    ["Line.ipynb", "line (1).ipynb", "line-Copy1.ipynb", "Copy of line.ipynb", "line_final.ipynb", "line.ipynb.txt"],
)
def test_a_notebook_whose_name_is_nearly_right(name, rubric, filled, sandbox, tmp_path):
    """Is judged like any other, and told what it is called."""
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / name).write_text(json.dumps(filled))
    (tmp_path / "hw/line.py").write_text(REFERENCE)
    problem = rubric.problem
    grader = Grader((problem,), {}, {problem.id: SEED}, {}, rubrics={problem.id: rubric})
    submission = read_apart(sandbox, HandedIn("ada", tmp_path), [problem])

    (graded,) = grader.graded(sandbox, submission, {problem.notebook_id})

    assert codes_of(graded.report) == edits.THE_NOTEBOOK
    assert f"found hw/{name}; expected line.ipynb; rename it; it was graded all the same" in told(graded.report)


def test_files_beside_a_notebook_are_there_when_it_is_run(rubric, filled, sandbox, tmp_path):
    """From a folder or an archive; those that it names, and no others."""
    edits.added(BESIDE, edits.stream("7 b ['scans/1.jpg']\n"))(filled := copy.deepcopy(filled))
    files = {
        "line.ipynb": json.dumps(filled),
        "line.py": REFERENCE,
        "my own.csv": "7",
        "img/ö.txt": "b",
        "scans/1.jpg": "d",
        "c.txt": "c",
    }
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"hw/{name}", text)
    problem = rubric.problem
    grader = Grader((problem,), {}, {problem.id: SEED}, {}, rubrics={problem.id: rubric})
    submission = read_apart(sandbox, HandedIn("ada", tmp_path / "ada.zip"), [problem])

    (graded,) = grader.graded(sandbox, submission, {problem.notebook_id})

    assert submission.files.keys() == files.keys() - {"c.txt"}
    assert codes_of(graded.report) == {}, told(graded.report)


def test_the_table_is_long_enough():
    """What was promised of it."""
    assert len(damage.DAMAGE) >= 30
    assert len(damage.NEVER_MIND) >= 3
