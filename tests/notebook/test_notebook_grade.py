"""A notebook's verdicts: each check judges its own matter, and what happens to one cell costs no other."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
from graded_notebook import (
    codes_of,
    graded,
    read_graded_problem,
    save,
    saved_notebook,
)
from small_course import REFERENCE

from autograder.codes import FAULTS_OF_OURS
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError, Model
from autograder.notebook.checks import rubric_of
from autograder.notebook.grade import filled, grade_notebook
from autograder.release.starter import starter
from autograder.report import Stale, mark_of, problem_lines
from autograder.submissions.selection import used_by_notebook
from autograder.wire import Failure, Observation

RIGHT = {
    "is_the_notebook": 0,
    "was_run": 0,
    "runs": 0,
    "figures": 0,
    "trained_model": 0,
}


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    return read_graded_problem(tmp_path_factory.mktemp("graded") / "course")


@pytest.fixture(scope="module")
def right(sandbox, problem):
    return saved_notebook(sandbox, problem)


@pytest.fixture
def notebook(right):
    """The right notebook, of which a test may change what it likes."""
    return copy.deepcopy(right)


def code(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def added(source, outputs=(), count=8):
    return {
        "cell_type": "code",
        "id": "added-by-me",
        "metadata": {},
        "source": source,
        "outputs": list(outputs),
        "execution_count": count,
    }


def stale_slope(cells):
    """A number of another run."""
    cells[4]["outputs"][0]["text"] = "slope 0.5000\n"


def verdict(report, name):
    return next(one for one in report.checks if one.check == name)


def test_the_right_notebook_has_all_points(sandbox, problem, right):
    """Also the model is judged, on data that the seed gives."""
    report = graded(sandbox, problem, right)

    assert report.problem == "lines/line.ipynb"
    assert codes_of(report) == RIGHT
    assert report.score == report.max_score == 8


def test_points_are_split_by_shares(sandbox, problem, right):
    """Twice as much for having run it, for running again, and for a model."""
    points = {one.check: one.max_points for one in graded(sandbox, problem, right).checks}

    assert points == {"is_the_notebook": 1, "was_run": 2, "runs": 2, "figures": 1, "trained_model": 2}


def test_cells_of_ones_own_are_free(sandbox, problem, notebook):
    """Wherever they stand, and whatever they print to standard error."""
    notebook["cells"].append(added("import sys\nprint('hm', file=sys.stderr)"))

    assert codes_of(graded(sandbox, problem, notebook)) == RIGHT


def test_a_cell_that_raises_costs_runs_alone(sandbox, problem, notebook):
    """The report says which cell, and which line."""
    notebook["cells"].append(added("a = 3\nprint(a)\na / 0"))

    report = graded(sandbox, problem, notebook)

    assert codes_of(report) == RIGHT | {"runs": 2}
    said = verdict(report, "runs").message
    assert "cell 10 (`a = 3`" in said
    assert "ZeroDivisionError: division by zero" in said
    assert "cell 10, line 3" in said


@pytest.mark.parametrize(
    "source",
    [pytest.param("while True:\n    pass", id="never_ends"), pytest.param("import os\nos._exit(0)", id="exits")],
)
def test_a_cell_that_ends_the_run_costs_runs_alone(sandbox, problem, notebook, source):
    """Whatever stands after it is run without it."""
    quick = replace(problem, limits=replace(problem.limits, cell_seconds=1.5))
    notebook["cells"].insert(4, added(source))
    for count, cell in enumerate(code(notebook), 1):
        cell["execution_count"] = count

    report = graded(sandbox, quick, notebook)

    assert codes_of(report) == RIGHT | {"runs": 1}
    assert "cell 5" in verdict(report, "runs").message


def test_cells_that_fail_for_want_of_another_are_told_with_it(sandbox, problem, notebook):
    """One finding, however many follow from it."""
    notebook["cells"] += [
        added("made = 1 / 0", count=8),
        added("more = made + 1", count=9),
        added("more", count=10),
    ]

    said = verdict(graded(sandbox, problem, notebook), "runs").message

    assert said.count("ZeroDivisionError") == 1
    assert "NameError" not in said
    assert "and so, for want of what it makes: cell 11, cell 12" in said


def test_a_module_that_is_wrong_makes_nothing_stale(sandbox, problem, right):
    """A notebook that was run beside it shows what it gives; the model alone is judged by what is right."""
    wrong = REFERENCE.replace("self.eta * np.mean(residual * x)", "0.01 * self.eta * np.mean(residual * x)")
    files = {"line.py": wrong.encode()}
    content = save(sandbox, problem, files, filled(problem))

    again = graded(sandbox, problem, content, files)
    stale = graded(sandbox, problem, right, files)

    assert codes_of(again) == codes_of(stale) == RIGHT | {"trained_model": 63}
    assert again.stale == ()
    assert [one.saved.split()[0] for one in stale.stale] == ["slope", "the"]


def test_divergence_is_61(sandbox, problem, notebook):
    """Whatever the bound is about."""
    diverging = REFERENCE.replace("self.slope - self.eta", "self.slope - np.inf * self.eta")

    report = graded(sandbox, problem, notebook, {"line.py": diverging.encode()})

    assert verdict(report, "trained_model").code == 61


def test_a_model_that_is_not_there_is_said(sandbox, problem, notebook):
    """By the name it should have."""
    step = "self.slope - self.eta * np.mean(residual * x)"
    nothing = REFERENCE.replace(step, f"np.array({step}, dtype=object)")

    report = graded(sandbox, problem, notebook, {"line.py": nothing.encode()})

    assert verdict(report, "trained_model").code == 50
    assert "there is no array `model.slope`" in verdict(report, "trained_model").message


@pytest.mark.parametrize("source", ["del model", "model = None", "model.slope = float('nan')", "model.slope = 1e9"])
def test_what_own_cells_make_of_the_model_is_theirs(sandbox, problem, notebook, source):
    """The model is the one that the given cells have trained."""
    notebook["cells"].append(added(source))

    assert codes_of(graded(sandbox, problem, notebook)) == RIGHT


def test_without_the_module_only_what_is_saved_is_judged(sandbox, problem, right):
    """What needs it waits for it."""
    report = graded(sandbox, problem, right, {})

    assert codes_of(report) == {
        "is_the_notebook": 0,
        "was_run": 0,
        "runs": 40,
        "figures": "after runs",
        "trained_model": "after runs",
    }
    assert "line.py was not handed in" in verdict(report, "runs").message
    assert (verdict(report, "figures").code, mark_of(verdict(report, "figures"))) == (40, "–")


@pytest.mark.parametrize("module", ["starter", "reference"])
def test_an_untouched_notebook_is_worth_nothing(sandbox, problem, module):
    """Whatever module lies beside it: nothing was done with the notebook."""
    text = starter(problem).encode() if module == "starter" else REFERENCE.encode()

    report = graded(sandbox, problem, problem.released_notebook.read_bytes(), {"line.py": text})

    assert report.score == 0
    assert set(codes_of(report).values()) == {40}
    assert "line.ipynb is as it was handed out" in report.checks[0].message


def test_what_was_handed_out_and_run_is_worth_nothing(sandbox, problem):
    """Each of its cells ends with an exception, or shows none of the student's work."""
    files = {"line.py": starter(problem).encode()}
    content = save(sandbox, problem, files, json.loads(problem.released_notebook.read_bytes()))

    report = graded(sandbox, problem, content, files)

    assert report.score == 0
    assert (codes_of(report)["was_run"], codes_of(report)["runs"]) == (50, 40)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        pytest.param(b"{", 40, "broken JSON", id="broken"),
        pytest.param(b"", 40, "empty file", id="empty"),
        pytest.param(json.dumps({"nbformat": 4, "cells": []}).encode(), 50, "none of the given cells", id="no_cells"),
    ],
)
def test_what_is_not_the_notebook_is_said_once(sandbox, problem, content, code, said):
    """Of all checks the same, and nothing is run."""
    report = graded(sandbox, problem, content)

    assert {one.code for one in report.checks} == {code}
    assert report.score == 0
    assert "\n".join(problem_lines(report)).count(said) == 1


def unstarted(problem, job, budget):
    """A sandbox that has no room."""
    return [Observation("", 0, "unstarted", failure=Failure("", "no room"))]


def test_our_own_fault_is_pending(problem, right):
    """Where nothing could be run, what needs a run is neither earned nor lost; what was saved is judged."""
    report = grade_notebook(unstarted, rubric_of(problem), json.dumps(right).encode(), problem.reference.files, 0)

    assert codes_of(report) == dict.fromkeys(RIGHT, 3) | {"is_the_notebook": 0, "was_run": 0}
    assert (report.score, report.pending, report.max_score) == (3, 5, 8)
    assert report.code == 3


def test_what_is_pending_is_no_pass(problem, notebook):
    """The cells that were handed out are worth nothing beside it; nor are they lost, as long as it may yet pass."""
    for cell in code(notebook):
        cell["execution_count"] = None
    content = json.dumps(notebook).encode()

    report = grade_notebook(unstarted, rubric_of(problem), content, problem.reference.files, 0)

    assert codes_of(report) == dict.fromkeys(RIGHT, 3) | {"is_the_notebook": "after runs", "was_run": 50}
    assert (report.score, report.pending, report.max_score) == (0, 6, 8)


def test_a_fault_of_ours_waits_for_nothing(sandbox, problem, notebook):
    """A cell that fails as well hides it from nobody: the points are pending, and staff are told."""
    model = Model(("model.slope",), "It learns.", lambda *_: [undefined])  # noqa: F821
    problem = replace(problem, page=replace(problem.page, model=model))
    notebook["cells"].append(added("1 / 0"))

    report = graded(sandbox, problem, notebook)

    assert codes_of(report) == RIGHT | {"runs": 2, "trained_model": 4}
    assert (report.score, report.pending) == (4, 2)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda cells: None, id="honest"),
        pytest.param(lambda cells: cells[4].update(source=f"{cells[4]['source']}\n0;"), id="changed"),
        pytest.param(stale_slope, id="stale"),
    ],
)
def test_a_notebook_is_run_once(sandbox, problem, notebook, change):
    """Whatever it shows."""
    change(code(notebook))
    runs = []

    def counted(problem, job, budget):
        runs.append(job)
        return sandbox.run_cells(problem, job, budget)

    grade_notebook(counted, rubric_of(problem), json.dumps(notebook).encode(), problem.reference.files, 0)

    assert len(runs) == 1


def test_runs_that_are_made_again_share_the_notebooks_time(sandbox, problem, notebook):
    """Each cell that ends its process has the others run once more, in what is left of the seconds."""
    notebook["cells"] += [added("import os\nos._exit(1)", count=count) for count in (8, 9)]
    had = []

    def recorded(problem, job, budget):
        had.append(budget)
        return sandbox.run_cells(problem, job, budget)

    grade_notebook(recorded, rubric_of(problem), json.dumps(notebook).encode(), problem.reference.files, 0)

    assert len(had) == 3
    assert had[0] is had[1] is had[2]
    assert had[0].seconds == problem.limits.notebook_seconds


def test_a_stale_number_is_noted_and_costs_nothing(sandbox, problem, notebook):
    """The record has the cell and both values; the text of the report says them."""
    slope = code(notebook)[4]["outputs"]
    shown = slope[0]["text"].strip()
    slope[0]["text"] = "slope 0.5000\n"

    report = graded(sandbox, problem, notebook)

    assert codes_of(report) == RIGHT
    assert report.score == report.max_score
    assert report.stale == (Stale(8, "slope 0.5000", shown),)
    assert f"note: cell 8 shows slope 0.5000, your code gives {shown}" in problem_lines(report)


def test_a_notebook_that_is_not_released_is_an_error_of_the_courses(tmp_path):
    """Said before the class is graded, not of each student."""
    problem = read_graded_problem(tmp_path / "course")
    problem.released_notebook.unlink()

    with pytest.raises(CourseError, match="autograder release"):
        rubric_of(problem)


@pytest.mark.parametrize("text", ["def other():\n    pass\n", "WANTED = ('a',)\n"])
def test_a_model_page_without_what_it_needs_is_an_error_of_the_courses(tmp_path, text):
    """It names what is missing."""
    problem = read_graded_problem(tmp_path / "course")
    (problem.folder / "model.py").write_text(text)

    with pytest.raises(CourseError, match=r"model\.py has no `"):
        read_course(tmp_path / "course")


def test_a_figure_under_no_heading_is_an_error_of_the_courses(tmp_path):
    """After a notebook's text was changed, nobody could have it."""
    problem = read_graded_problem(tmp_path / "course")
    path = problem.folder / "figures.toml"
    path.write_text(path.read_text().replace("3. Training", "3. The training"))

    with pytest.raises(CourseError, match=r"under “3\. The training”"):
        rubric_of(problem)


@pytest.mark.parametrize("name", ["two_layer_net", "attention", "soft_margin_svm", "cvxopt_svm"])
def test_the_courses_own_notebooks_can_be_graded(name):
    """Their points come out even, and what is asked of each is there."""
    course = Path(__file__).resolve().parents[2]
    problem = next(one for each in read_course(course) for one in each.problems if one.name == name)
    rubric = rubric_of(problem)
    shares, left = sum(check.share for check in rubric.table), problem.notebook_points - problem.in_notebook.points

    assert rubric.figures
    assert (left / shares * 8).is_integer()
    assert sum(check.points for check in rubric.checks) == problem.notebook_points
    assert problem.page.model


def test_files_of_any_name_lie_beside_a_notebook(problem, right):
    """What nothing can import is not taken along, and stops nothing."""
    odd = dict.fromkeys(("\udcff.py", "a\0.py", ".py", "..\\a.py", "np .py", "\ud800"), b"import numpy")
    files = {**problem.reference.files, "np.py": b"", **odd}

    used = used_by_notebook(problem.module_file, json.dumps(right).encode(), files)

    assert {*used} == {"line.py", "np.py"}


FORGED = """\
import json, os, struct
for n in range(40):
    shown = [{'output_type': 'stream', 'name': 'stdout', 'text': '0'}] * SHOWN
    outputs = json.dumps({'outputs': shown, 'clipped': False}).encode()
    values = [{'name': 'outputs', 'dtype': '|u1', 'shape': [len(outputs)]}]
    said = {'check': f'cell {n + 1}', 'draw': n, 'ending': 'returned', 'values': values, 'changed': [],
            'narrow': False, 'scales': {}, 'failure': None, 'output': ''}
    head = json.dumps(said).encode()
    for fd in range(3, 256):
        try: os.write(fd, struct.pack('<4sIQ', b'obs1', len(head), len(outputs)) + head + outputs)
        except OSError: pass
"""
# One cell that has the run say that all others end well, whatever they are.
LIARS = {
    "transforms_the_text": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    "transforms_into_words": "get_ipython().input_transformers_cleanup.append(lambda lines: ['print(0)\\n'])",
    "transforms_the_text_last": "get_ipython().input_transformers_post.append(lambda lines: ['print(0)\\n'])",
    "transforms_the_tree": (
        "import ast\n"
        "class Nothing(ast.NodeTransformer):\n"
        "    def visit_Module(self, node):\n"
        "        return ast.Module([], [])\n"
        "get_ipython().ast_transformers.append(Nothing())"
    ),
    "replaces_the_shell_s_way": (
        "shell = get_ipython()\nold = shell.run_cell_async\nshell.run_cell_async = lambda source, **more: old('pass')"
    ),
    "replaces_compile": (
        "import builtins\nold = compile\n"
        "builtins.compile = lambda source, *more, **named: old('pass', *more, **named)\n"
        "get_ipython().compile.__class__.__call__ = lambda self, source, *more: old('None', *more)"
    ),
    "forges_what_it_says": FORGED.replace("SHOWN", "0"),
    "forges_words": FORGED.replace("SHOWN", "1"),
}


@pytest.mark.parametrize("counted", [False, True], ids=["never_run", "counted_by_hand"])
@pytest.mark.parametrize("name", LIARS)
def test_a_notebook_that_was_not_run_buys_nothing_by_what_its_run_says(sandbox, problem, name, counted):
    """A run's word is its own: that it runs, what it shows and what it draws counts with what was saved of it."""
    notebook = json.loads(problem.released_notebook.read_bytes())
    notebook["cells"].insert(0, added(LIARS[name], count=None))
    for count, cell in enumerate(code(notebook), 1):
        cell["execution_count"] = count if counted else None

    report = graded(sandbox, problem, notebook, {"line.py": starter(problem).encode()})

    assert report.score == 0, problem_lines(report)


def test_cleared_outputs_cost_was_run(sandbox, problem, notebook):
    """That it runs, and what it draws, is borne out by a model that is good; beside another module by nothing."""
    for cell in code(notebook):
        cell |= {"outputs": [], "execution_count": None}
    wrong = REFERENCE.replace("self.eta * np.mean(residual * x)", "0.01 * self.eta * np.mean(residual * x)")

    assert codes_of(graded(sandbox, problem, notebook)) == RIGHT | {"was_run": 50}
    assert codes_of(graded(sandbox, problem, notebook, {"line.py": wrong.encode()})) == {
        "is_the_notebook": "after was_run",
        "was_run": 50,
        "runs": "after was_run",
        "figures": "after was_run",
        "trained_model": 63,
    }


def test_a_language_of_ones_own_is_ones_own(sandbox, problem, notebook):
    """An extension that is handed in may have transformers: what they make of cells is what was saved and what runs."""
    extension = (
        "def load_ipython_extension(shell):\n"
        "    shell.input_transformers_cleanup.append(lambda lines: [line.replace('SAY', 'print') for line in lines])\n"
    )
    output = {"output_type": "stream", "name": "stdout", "text": "5\n"}
    notebook["cells"] += [added("%load_ext spoken"), added("SAY(5)", [output], count=9)]

    report = graded(sandbox, problem, notebook, {**problem.reference.files, "spoken.py": extension.encode()})

    assert codes_of(report) == RIGHT


ROW_IN_AN_ENTRY = "<table><tr><td>a<tr>b</table>"
STRANGE = {
    "a_number_too_long_to_write": ("id(0x" + "f" * 5000 + ")", {"text/plain": "7"}),
    "a_method_of_such_a_number": ("print(1)\n(0x" + "f" * 5000 + ").bit_length()", {"text/plain": "7"}),
    "a_definition_with_such_a_number": ("def f():\n    return 0x" + "f" * 5000, {"text/plain": "7"}),
    "four_hundred_dots": ("print(1)\nif False:\n    a" + ".b" * 400 + "()", {"text/plain": "2"}),
    "an_entry_that_is_not_closed": (
        f"from IPython.display import HTML, display\ndisplay(HTML({ROW_IN_AN_ENTRY!r}))",
        {"text/plain": "<x>", "text/html": ROW_IN_AN_ENTRY.replace("b", "c")},
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_cell_is_judged(sandbox, problem, notebook, name):
    """It is no fault of ours, in the starter's notebook and in a right one, which it costs at most what it shows."""
    source, data = STRANGE[name]
    shown = [{"output_type": "display_data", "metadata": {}, "data": data}]
    untouched = json.loads(problem.released_notebook.read_bytes())
    for cells in (untouched["cells"], notebook["cells"]):
        cells.insert(0, added(source, shown, count=1))
    for count, cell in enumerate(code(notebook), 1):
        cell["execution_count"] = count

    given_back = graded(sandbox, problem, untouched, {"line.py": starter(problem).encode()})
    right = graded(sandbox, problem, notebook)

    assert given_back.score == 0
    assert not {one.code for one in (*given_back.checks, *right.checks)} & FAULTS_OF_OURS
    assert codes_of(right) == RIGHT
