"""Notebooks in a class: an entry and a column of their own, filed under all that they depend on."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace

import msgspec
import pytest
from graded_notebook import read_graded_problem, saved_notebook, write_graded_course
from handed_in import graded, read_handed_in, with_uses
from small_course import REFERENCE

from autograder.cli.sample import run_notebooks
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.expected import from_bytes
from autograder.gradebook.export import GRADES_FILE, differences, export
from autograder.gradebook.grading import prepare
from autograder.gradebook.store import Store
from autograder.notebook.checks import rubric_of
from autograder.notebook.grade import run_reference, see_model
from autograder.submissions.reading import find_class
from autograder.submissions.selection import Submission

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
    graded(
        grader,
        find_class(class_),
        out,
        lambda report: reports.update({report.student: report}),
        **more,
    )
    return reports


def scores(out):
    with (out / "lines" / GRADES_FILE).open(encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_module_and_the_notebook_stand_alone(grader, class_, tmp_path):
    """What is not handed in costs its own points; of a notebook without its module, what is saved is judged."""
    reports = run(grader, class_, tmp_path / "out")

    assert [entry.problem for entry in reports["ada"].problems] == [MODULE, NOTEBOOK]
    assert scores(tmp_path / "out") == [
        ["student", MODULE, NOTEBOOK, f"{NOTEBOOK} stale", "total", "max", "pending", "partial credit", "reason"],
        ["ada", "7", "8", "0", "15", "15", "0", "", ""],
        ["bob", "7", "0", "0", "7", "15", "0", "", "missing"],
        ["cleo", "0", "3", "0", "3", "15", "0", "", "missing"],
        ["dan", "0", "0", "0", "0", "15", "0", "", "missing"],
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
    assert grader.keys(submission)[MODULE] != key()
    assert (
        grader.keys(submission)[MODULE]
        == grader.keys(with_uses(replace(submission, files={"line.py": REFERENCE.encode()}), grader.problems))[MODULE]
    )


@pytest.mark.parametrize(
    "name",
    ["model.py", "released", *(pytest.param(name, marks=pytest.mark.slow) for name in ("figures.toml", "README.md"))],
)
def test_a_result_is_filed_under_what_it_is_judged_by(tmp_path, name):
    """A change there makes all be judged again."""
    problem = read_graded_problem(tmp_path / "course")
    before = prepare((problem,), None, 1, weak=True).digests
    paths = {"released": problem.released_notebook, "README.md": problem.released_readme}
    path = paths.get(name, problem.folder / name)
    path.write_bytes((path.read_bytes() if path.exists() else b"") + b"\n")
    after = prepare((problem,), None, 1, weak=True).digests

    assert before[MODULE] != after[MODULE]


def test_what_is_known_is_not_run_again(grader, class_, tmp_path, monkeypatch):
    """A second run of the class takes notebooks from the store, too."""
    first = run(grader, class_, tmp_path / "out")
    monkeypatch.setattr("autograder.gradebook.grading.grade_apart", None)

    assert run(grader, class_, tmp_path / "out") == first


def test_differences_and_rebuilding_know_notebooks(grader, class_, tmp_path):
    """A notebook that was handed in late gains its points, and only these."""
    out = tmp_path / "out"
    run(grader, class_, out)
    (class_ / "bob/line.ipynb").write_bytes((class_ / "ada/line.ipynb").read_bytes())
    run(grader, class_, out)

    line, _ = differences(out)
    assert line.startswith("bob: lines/line.ipynb 0 → 8 points (+8), other files were handed in")
    table = out / "lines" / GRADES_FILE
    whole = table.read_bytes()
    table.unlink()
    assert export(out) == 4
    assert table.read_bytes() == whole


def test_a_notebook_that_can_not_be_taken_says_why(grader, class_, tmp_path):
    """Twice the same name, and not the same content."""
    (class_ / "ada/copy").mkdir()
    (class_ / "ada/copy/line.ipynb").write_bytes(b"{}")

    report = run(grader, class_, tmp_path / "out")["ada"]

    assert report.problems[0].score == 7
    assert {verdict.code for verdict in report.problems[1].checks} == {40}
    assert "handed in 2 times" in report.problems[1].checks[0].message


def test_a_fault_of_ours_is_nobodys_loss_and_nobodys_gain(grader, class_, tmp_path, monkeypatch):
    """Where one fails, the others go on, and the points are pending: also those of `is_the_notebook`."""

    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("autograder.gradebook.grading.grade_apart", fails)
    report = run(grader, class_, tmp_path / "out")["ada"]

    assert report.problems[1].code == 5
    assert (report.score, report.pending, report.max_score) == (7, 8, 15)


def test_a_notebook_that_was_not_released_stops_the_class(tmp_path):
    """Before anything is run."""
    problem = read_graded_problem(tmp_path / "course")
    problem.released_notebook.unlink()

    with pytest.raises(CourseError, match="autograder release"):
        prepare((problem,), None, 1, weak=True)


# What staff write, a change of it, and what is said before anybody is graded.
MISTAKES = [
    pytest.param("model.py", "loss = np", "loss = npp", r"/model\.py, line 13: there is no `npp`", id="model"),
    pytest.param(
        "model.py",
        "2.0 * x)",
        "3.0 * x)",
        r"/model\.py, line 10: it finds the reference wrong, .*: code 63",
        id="bound",
    ),
    pytest.param(
        "model.py", '("model.slope",)', '("model.slop",)', r"/model\.py: WANTED names `model\.slop`", id="wanted"
    ),
    pytest.param("model.py", '("model.slope",)', '("model.slope")', r"/model\.py: WANTED is 'model", id="no_tuple"),
    pytest.param(
        "model.py", '("model.slope",)', "(slope,)", r"/model\.py, line 7 can't be loaded: NameError", id="load"
    ),
    pytest.param("figures.toml", "falls = true", "rises = true", r"/figures\.toml: .*no curve", id="figure_rises"),
    pytest.param("figures.toml", "curves = 1", 'about = "x"', r"/figures\.toml: .*about “x”", id="figure_about"),
    pytest.param("figures.toml", '"line.png"', '"lines.png"', r"/figures\.toml: .*`lines\.png`", id="figure_file"),
    pytest.param(
        "notebook.py", "return x * x", "return x * y", r"/notebook\.py, cell 6 .*NameError: name 'y'", id="notebook"
    ),
    pytest.param("notebook.py", "# %%\ncheck", "# %%\n1\n\n# %%\ncheck", "run `autograder release`", id="not_released"),
    pytest.param("model.py", '"model.slope",', '"np.inf * model.slope",', r"/model\.py: WANTED .* finite", id="inf"),
    pytest.param("model.py", '"model.slope",', '"model.slope[",', r"/model\.py: WANTED is .* expressions", id="syntax"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), MISTAKES)
def test_staffs_mistakes_are_found_on_the_references_notebook(sandbox, tmp_path, name, old, new, said):
    """With the file, and the line where there is one."""
    write_graded_course(tmp_path / "course")
    path = tmp_path / "course/solutions/lines/line" / name
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new))

    with pytest.raises(CourseError, match=said):  # noqa: PT012  whichever of them finds it
        (problem,) = read_course(tmp_path / "course")[0].problems
        rubric = rubric_of(problem)
        see_model(replace(rubric, answers=run_reference(sandbox.run_cells, rubric).answers), problem.seed)


@pytest.mark.parametrize("name", ["model.py", "figures.toml"])
def test_such_a_mistake_stops_the_class(tmp_path, name):
    """Before anybody is graded."""
    write_graded_course(tmp_path / "course")
    path = tmp_path / "course/solutions/lines/line" / name
    path.write_text(path.read_text().replace("np.mean", "np.maen").replace("falls", "rises"))
    (assignment,) = read_course(tmp_path / "course")

    with pytest.raises(CourseError, match=f"{name}(, line 13: AttributeError|: the reference's notebook lacks it)"):
        prepare(assignment.problems, None, 1, weak=True)


def test_the_references_notebook_is_run_once(tmp_path, monkeypatch):
    """Arrays that it trains are kept under what they hang on; a model that changes is tried on them all the same."""
    problem = read_graded_problem(tmp_path / "course")
    with Store(tmp_path / "store.sqlite") as store:
        first = prepare((problem,), None, 1, weak=True, store=store).rubrics[problem.id].trained
        with monkeypatch.context() as patch:
            patch.setattr("autograder.gradebook.grading.run_reference", None)
            again = prepare((problem,), None, 1, weak=True, store=store).rubrics[problem.id].trained
        path = problem.folder / "model.py"
        path.write_text(path.read_text().replace("<= 0.1", "<= 1e-30"))
        changed = read_course(tmp_path / "course")[0].problems

        with pytest.raises(CourseError, match=r"model\.py, line 10: it finds the reference wrong"):
            prepare(changed, None, 1, weak=True, store=store)

    assert first.keys() == again.keys() == {"model.slope"}
    assert first["model.slope"] == again["model.slope"]


def test_what_the_sample_class_has_run_is_not_run_again(problem, content, monkeypatch):
    """A folder is for the grader what it was for a submission."""
    ran = run_notebooks((problem,), 1)
    monkeypatch.setattr("autograder.gradebook.grading.run_reference", None)
    grader = prepare((problem,), None, 1, weak=True, trained={name: run.answers for name, run in ran.items()})

    assert grader.rubrics[problem.id].trained == {"model.slope": pytest.approx(1.68, abs=0.01)}
    assert json.loads(ran[problem.id].content) == json.loads(content)


@pytest.mark.parametrize(
    ("judge", "code", "points", "said"),
    [
        pytest.param("return [slope.shpae]", 4, (0, 2), r"model\.py, line 15: AttributeError", id="misspelt"),
        pytest.param("return [[]][2 - slope]", 50, (0, 0), "too far off to be judged", id="trips_on_values"),
    ],
)
def test_whose_fault_a_failing_model_is(sandbox, content, tmp_path, judge, code, points, said):
    """A fault that a student's values alone cause is theirs; a slip of staff's is nobody's loss, and named."""
    problem = read_graded_problem(tmp_path / "course")
    path = problem.folder / "model.py"
    body = f"    slope = round(float(found['model.slope']))\n    if slope == 2:\n        return []\n    {judge}\n"
    path.write_text(path.read_text().partition("    x = rng")[0] + body)
    (problem,) = read_course(tmp_path / "course")[0].problems
    grader = prepare((problem,), None, 1, weak=True)
    slow = REFERENCE.replace("self.eta * np.mean(residual * x)", "0.01 * self.eta * np.mean(residual * x)")
    files = {"line.py": slow.encode(), "line.ipynb": content}

    (_, graded) = grader.graded(sandbox, with_uses(Submission("ada", files), grader.problems), (MODULE, NOTEBOOK))
    verdict = graded.report.checks[-1]

    assert (verdict.check, verdict.code, verdict.points, verdict.pending) == ("trained_model", code, *points)
    assert re.search(said, verdict.message)


def test_a_workers_grader_knows_what_the_reference_trains(grader, tmp_path):
    """It travels in the payload: a worker decides whose fault it is, too."""
    payload = pytest.importorskip("autograder.cluster.payload")
    machines = pytest.importorskip("autograder.cluster.machines")

    (sent,) = msgspec.msgpack.decode(payload.pack(grader, machines.MachineInfo({}), ()), type=payload.Payload).problems

    assert from_bytes(sent.trained).reference["trained_model", 0].values.keys() == {"model.slope"}


def test_without_a_shell_no_notebook_is_run(problem, monkeypatch):
    """It is said before the class is graded, with what to install."""
    monkeypatch.setattr("autograder.gradebook.grading.NOTEBOOKS_NEED", ("numpy", "no_such_shell"))

    with pytest.raises(CourseError, match="no_such_shell must be installed here"):
        prepare((problem,), None, 1, weak=True)
