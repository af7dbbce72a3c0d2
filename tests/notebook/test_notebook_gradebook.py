"""Notebooks in a class: an entry and a column of their own, filed under all that they depend on."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest
from graded_notebook import read_graded_problem, saved_notebook
from handed_in import read_handed_in, with_uses
from small_course import REFERENCE

from autograder.course.pages import CourseError
from autograder.gradebook.desks import threads
from autograder.gradebook.diff import differences
from autograder.gradebook.grading import grade_class
from autograder.gradebook.preparation import prepare
from autograder.gradebook.results import GRADES_FILE, rebuild
from autograder.gradebook.store import STORE_FILE, Store
from autograder.submissions.reading import find_class

MODULE, NOTEBOOK = "lines/line", "lines/line.ipynb"


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    return read_graded_problem(tmp_path_factory.mktemp("graded") / "course")


@pytest.fixture(scope="module")
def content(sandbox, problem):
    return json.dumps(saved_notebook(sandbox, problem)).encode()


@pytest.fixture(scope="module")
def grader(problem):
    return prepare((problem,), None, 1, weak=True)


@pytest.fixture
def class_(tmp_path, content):
    """Four students: with both, with one of the two, and with nothing."""
    both = {"line.py": REFERENCE.encode(), "line.ipynb": content}
    students = {
        "ada": both,
        "bob": {"line.py": both["line.py"]},
        "cleo": {"line.ipynb": content},
        "dan": {"notes.txt": b""},
    }
    for student, files in students.items():
        (tmp_path / "class" / student).mkdir(parents=True)
        for name, text in files.items():
            (tmp_path / "class" / student / name).write_bytes(text)
    return tmp_path / "class"


def run(grader, class_, out, **more):
    reports = {}
    grade_class(
        grader,
        find_class(class_),
        out,
        threads(grader, 1),
        lambda report: reports.update({report.student: report}),
        **more,
    )
    return reports


def scores(out):
    with (out / GRADES_FILE).open(encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_module_and_the_notebook_stand_alone(grader, class_, tmp_path):
    """What is not handed in costs its own points; of a notebook without its module, what is saved is judged."""
    reports = run(grader, class_, tmp_path / "out")

    assert [entry.problem for entry in reports["ada"].problems] == [MODULE, NOTEBOOK]
    assert scores(tmp_path / "out") == [
        ["student", MODULE, NOTEBOOK, "total", "max"],
        ["ada", "7", "8", "15", "15"],
        ["bob", "7", "0", "7", "15"],
        ["cleo", "0", "2", "2", "15"],
        ["dan", "0", "0", "0", "15"],
    ]
    assert {verdict.code for verdict in reports["bob"].problems[1].checks} == {40}
    assert "line.ipynb was not handed in" in reports["bob"].problems[1].checks[0].message


def test_a_result_is_filed_under_the_notebook_and_its_modules(grader, class_, content, problem):
    """And under nothing else: what another file of the submission says changes no notebook."""
    (handed,) = [one for one in find_class(class_) if one.student == "ada"]
    submission = with_uses(read_handed_in(handed, ["line.py", "line.ipynb"]), grader.problems)

    def key(**changed):
        files = {**submission.files, **{name.replace("_", "."): text for name, text in changed.items()}}
        return grader.keys(with_uses(replace(submission, files=files), grader.problems))[NOTEBOOK]

    assert key() == key(other_py=b"x = 1")
    assert key() != key(line_ipynb=content + b" ")
    assert key() != key(line_py=b"# other\n")
    assert grader.keys(submission)[MODULE].problem != key().problem
    assert (
        grader.keys(submission)[MODULE]
        == grader.keys(with_uses(replace(submission, files={"line.py": REFERENCE.encode()}), grader.problems))[MODULE]
    )


@pytest.mark.parametrize("name", ["figures.toml", "model.py", "released"])
def test_a_result_is_filed_under_what_it_is_judged_by(tmp_path, name):
    """What changes there is judged again, of notebooks alone."""
    problem = read_graded_problem(tmp_path / "course")
    before = prepare((problem,), None, 1, weak=True).digests
    path = problem.released_notebook if name == "released" else problem.folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    after = prepare((problem,), None, 1, weak=True).digests

    assert before[MODULE] == after[MODULE]
    assert before[NOTEBOOK] != after[NOTEBOOK]


def test_what_is_known_is_not_run_again(grader, class_, tmp_path, monkeypatch):
    """A second run of the class takes notebooks from the store, too."""
    first = run(grader, class_, tmp_path / "out")
    monkeypatch.setattr("autograder.gradebook.grader.grade_apart", None)

    assert run(grader, class_, tmp_path / "out") == first


def test_differences_and_rebuilding_know_notebooks(grader, class_, tmp_path):
    """A notebook that was handed in late gains its points, and only these."""
    out = tmp_path / "out"
    run(grader, class_, out)
    (class_ / "bob/line.ipynb").write_bytes((class_ / "ada/line.ipynb").read_bytes())
    run(grader, class_, out)

    with Store(out / STORE_FILE) as store:
        (line,) = differences(store, *store.finished()[-2:])
    assert line.startswith("bob: lines/line.ipynb 0 → 8 points (+8), other files were handed in")
    whole = (out / GRADES_FILE).read_bytes()
    (out / GRADES_FILE).unlink()
    assert rebuild(out) == 4
    assert (out / GRADES_FILE).read_bytes() == whole


def test_a_notebook_that_can_not_be_taken_says_why(grader, class_, tmp_path):
    """Twice the same name, and not the same content."""
    (class_ / "ada/copy").mkdir()
    (class_ / "ada/copy/line.ipynb").write_bytes(b"{}")

    report = run(grader, class_, tmp_path / "out")["ada"]

    assert report.problems[0].score == 7
    assert {verdict.code for verdict in report.problems[1].checks} == {40}
    assert "handed in 2 times" in report.problems[1].checks[0].message


def test_a_fault_of_ours_is_nobodys_loss(grader, class_, tmp_path, monkeypatch):
    """Whatever fails, the others go on."""

    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("autograder.gradebook.grader.grade_apart", fails)
    report = run(grader, class_, tmp_path / "out")["ada"]

    assert report.problems[1].code == 5
    assert report.score == 15


def test_a_notebook_that_was_not_released_stops_the_class(tmp_path):
    """Before anything is run."""
    problem = read_graded_problem(tmp_path / "course")
    problem.released_notebook.unlink()

    with pytest.raises(CourseError, match="autograder release"):
        prepare((problem,), None, 1, weak=True)


def test_without_a_shell_no_notebook_is_run(problem, monkeypatch):
    """It is said before the class is graded, with what to install."""
    monkeypatch.setattr("autograder.gradebook.preparation.NOTEBOOKS_NEED", ("numpy", "no_such_shell"))

    with pytest.raises(CourseError, match="no_such_shell must be installed here"):
        prepare((problem,), None, 1, weak=True)
