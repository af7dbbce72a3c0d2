"""Functions that a student writes in the notebook are judged as a module's are, officially and in the kernel."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import nbclient
import nbformat
import pytest
from graded_notebook import codes_of, graded, saved_notebook, write_graded_course
from small_course import CHECKS
from specimens import PROBLEMS

from autograder.audit.specimens import audit
from autograder.codes import Code
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError, needed
from autograder.expected import Answers, observe_answers
from autograder.notebook.checks import FIGURES, MODEL, RUNS, THE_NOTEBOOK, WAS_RUN, rubric_of
from autograder.notebook.grade import grade_apart, grade_notebook, run_reference
from autograder.release.files import release, write

PROBES = '''

@check(points=2, of="notebook", wall_seconds=1)
def squares(notebook, rng):
    """`squared` returns the square of each number."""
    return {"y": notebook.squared(rng.normal(size=5))}


@check(points=1, of="notebook")
def signs(notebook, rng):
    """`squared` is right for negative numbers, and `losses` is there."""
    return {"y": notebook.squared(-rng.uniform(1, 2, size=3)), "kept": len(notebook.losses) * rng.uniform(1, 2)}
'''
SUMMED = (
    '"""Twice the number.\n\nHint: You double the number; a square is a product.\nCaught: squares 53, signs 53\n"""\n'
)
TABLE = [THE_NOTEBOOK, WAS_RUN, RUNS, FIGURES, MODEL]
FINE = dict.fromkeys([*TABLE, "squares", "signs"], Code.SUCCESS)
# By mistake: the body of the function, or a cell after it, and the codes that differ from those of a right notebook.
BODIES = {
    "right": ("return x**2", {}),
    "doubled": ("return 2 * x", {"squares": Code.VALUES, "signs": Code.VALUES}),
    "flat": ("return float(np.sum(x * x))", {"squares": Code.SHAPE, "signs": Code.SHAPE}),
    "in_place": ("y = x * x\n    x *= np.ones_like(x) * 2\n    return y", {"squares": 55, "signs": 55}),
    "narrow": ("return np.float32(x * x)", {"squares": Code.DTYPE}),  # told once
    "crashes_once": ("if np.size(x) == 5:\n        raise KeyError(x[0])\n    return x * x", {"squares": Code.RAISED}),
    "loops_once": ("while np.size(x) == 5:\n        pass\n    return x * x", {"squares": Code.DIED}),
    "exits_once": ("if np.size(x) == 5:\n        import os; os._exit(0)\n    return x * x", {"squares": Code.DIED}),
    "not_written": ("raise NotImplementedError", {RUNS: Code.MISSING, "squares": Code.MISSING, "signs": Code.MISSING}),
}
# What a cell at the end does, beside a function that is wrong.
TAMPERING = {
    "overwrites_check": """
check = lambda *_: print("squares: passed", "signs: passed")
check("line")
""",
    "makes_all_things_equal": """
np.allclose = np.array_equal = lambda *_, **__: True
np.isclose = np.equal = lambda a, b, **_: np.ones(np.shape(a), bool)
""",
    "draws_zeros": """
class Zeros:
    normal = uniform = staticmethod(lambda *_, size=None, **__: np.zeros(size or ()))


np.random.default_rng = lambda *_: Zeros()
""",
    "forges_what_is_sent": """
from dataclasses import replace

import autograder.notebook.kernel as kernel

old = kernel.probed
kernel.probed = lambda *a: replace(old(*a), ending="returned", values={"y": np.ones(5), "kept": np.ones(())})
""",
    "sends_more": """
import gc

from autograder.wire import Observation, encode

frames = [one for one in gc.get_objects() if type(one).__name__ == "socket"]
for one in frames:
    one.send(encode(Observation("squares", 0, "returned", {"y": np.ones(5)})))
""",
}


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """The small course's problem, whose notebook has checks."""
    home = write_graded_course(tmp_path_factory.mktemp("course"))
    folder = home / "solutions/lines/line"
    (folder / "checks.py").write_text(CHECKS + PROBES, encoding="utf-8")
    for kind, name, text in (
        ("accept", "product", '"""Another product."""\n\n\ndef squared(x):\n    return np.multiply(x, x)\n'),
        ("reject", "doubled", f"{SUMMED}\n\ndef squared(x):\n    return 2 * x\n"),
    ):
        (folder / "notebook" / kind).mkdir(parents=True)
        (folder / "notebook" / kind / f"{name}.py").write_text(text, encoding="utf-8")
    (assignment,) = read_course(home)
    return assignment.problems[0]


@pytest.fixture(scope="module")
def judged(problem, sandbox):
    """A function of the body of `squared` and of a last cell, which gives the report."""
    saved = saved_notebook(sandbox, problem)
    own = observe_answers(sandbox.observe, problem, problem.seed)
    ran = run_reference(sandbox.run_cells, rubric_of(problem)).answers
    rubric = replace(rubric_of(problem), answers=Answers({**ran.reference, **own.reference}, own.mistakes))

    def report(body="return x**2", cell=""):
        notebook = copy.deepcopy(saved)
        (filled_in,) = (one for one in notebook["cells"] if "def squared" in "".join(one["source"]))
        filled_in["source"] = f'def squared(x):\n    {body}\n\n\nprint("squared:", squared(3.0))'
        if cell:
            notebook["cells"].append({**filled_in, "metadata": {}, "id": "own", "source": cell, "outputs": []})
        content, files = json.dumps(notebook).encode(), problem.reference.files
        return grade_apart(sandbox, rubric, content, files, problem.seed)

    return report


@pytest.mark.parametrize(("body", "failed"), BODIES.values(), ids=BODIES)
def test_a_function_of_the_notebook_is_judged_by_what_it_gives(judged, body, failed):
    """A crash or a loop costs its own check, and its points; what is right has all of them."""
    report = judged(body)

    assert {name: code for name, code in codes_of(report).items() if name in FINE} | {FIGURES: 0, MODEL: 0} == {
        **FINE,
        **failed,
    }


@pytest.mark.parametrize("cell", TAMPERING.values(), ids=TAMPERING)
def test_a_cell_that_tampers_earns_nothing(judged, cell):
    """Only right arrays are right, and a notebook may do anything to its own process."""
    found = {one.check: one for one in judged("return 2 * x", cell).checks}

    assert [(found[name].points, found[name].pending) for name in ("squares", "signs")] == [(0, 0), (0, 0)]


def test_a_function_that_is_not_there_is_missing(judged):
    """A notebook without it gets 40 for its checks. The cell that was not run is another matter."""
    found = codes_of(judged(cell="del squared"))

    assert {name: code for name, code in found.items() if code and name != WAS_RUN} == {
        "squares": Code.MISSING,
        "signs": Code.MISSING,
    }


def test_the_points_are_taken_from_the_notebook_s(judged):
    """The notebook is worth as much as before; its known mistakes are told by their hints."""
    report = judged("return 2 * x")

    assert report.max_score == 8
    assert [(one.max_points, one.hint) for one in report.checks if one.check in ("squares", "signs")] == [
        (2, "You double the number; a square is a product."),
        (1, "You double the number; a square is a product."),
    ]


def test_a_module_that_is_missing_has_no_functions_to_judge(problem, sandbox):
    """The report says what the notebook lacks, and nothing is pending."""
    report = graded(sandbox, problem, saved_notebook(sandbox, problem), files={})

    assert {one.code for one in report.checks if one.check in ("squares", "signs")} == {Code.MISSING}
    assert report.pending == 0


def test_the_audit_treats_them_like_a_module(problem, sandbox):
    """Starter, reference and specimens get their due."""
    part = problem.in_notebook
    answers = observe_answers(sandbox.observe, problem, problem.seed)

    assert problem.parts == (problem, part)
    assert list(audit(sandbox.observe, part, answers, problem.seed)) == []


def test_the_answers_at_home_hold_those_of_the_notebook(problem, sandbox, tmp_path, monkeypatch):
    """In the kernel, `check` says what the official run says; a function whose cell has not run yet waits."""
    (assignment,) = read_course(problem.course)
    home = tmp_path / "lines"
    write(release(sandbox.observe, assignment, Path("nowhere")), home)
    (home / "line.py").write_bytes(problem.reference.files["line.py"])
    monkeypatch.chdir(home)
    names = "('squares', 'signs')"

    def show(asked=""):
        taken = f"for one in check('line'{asked}).report.checks if one.check in {names}"
        return f"print({{one.check: (int(one.code), one.later) {taken}}})"

    cells = [f"import numpy as np\nfrom autograder import check\nlosses = [0] * 30\n{show()}", show(", 'squares'")]
    bodies = {body: failed for body, failed in BODIES.values() if "_exit" not in body}
    asked = show(", 'squares', 'signs'")
    cells += [f"def squared(x):\n    {body}\n\n\n{asked}" for body in bodies]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(home)}}).execute()
    printed = ["".join(one.text for one in cell.outputs if one.output_type == "stream") for cell in notebook.cells]
    said = [eval(text.strip().splitlines()[-1]) for text in printed]

    assert said[0] == {"squares": (0, True), "signs": (0, True)}
    assert said[1] == {"squares": (Code.MISSING, False)}
    for failed, told in zip(bodies.values(), said[2:], strict=True):
        assert told == {name: (failed.get(name, 0), False) for name in ("squares", "signs")}


def test_a_check_page_that_asks_too_much_of_a_notebook_is_refused(problem, tmp_path):
    """The points must leave some for the rest, and a name of the table is taken."""
    page = replace(problem.page, checks=tuple(replace(one, points=5.0) for one in problem.page.checks))
    with pytest.raises(CourseError, match="10 points"):
        rubric_of(replace(problem, page=page))
    page = replace(problem.page, checks=tuple(replace(one, name="runs", points=1.0) for one in problem.page.checks))
    with pytest.raises(CourseError, match="already"):
        rubric_of(replace(problem, page=page))


def test_only_what_a_stub_needs_is_taken_from_the_notebook():
    """Training loops are left out; what a marked line reads, and what changes that, is kept."""
    text = """import numpy as np

scale = {}
scale["a"] = 2
slow = sum(range(9))
for name in "b":
    scale[name] = 1


@np.vectorize
def helper(scale_of):
    return scale[scale_of]


# BEGIN SOLUTION
best = helper("a")
# END SOLUTION
print(best)
kept = []
for n in range(3):
    kept.append(n)
"""
    assert needed(text, Path("notebook.py"), ["kept"]) == text.replace("slow = sum(range(9))", "").replace(
        "print(best)", ""
    )


ISSUE = {
    "svm/cvxopt_svm": ("support_vectors", "return on_margin, at_bound", "return at_bound, on_margin"),
    "networks/attention": ("with_positions", "np.eye(len(X))", "np.zeros((len(X), len(X)))"),
}


@pytest.mark.parametrize("name", ISSUE)
def test_mistakes_of_the_course_s_notebooks_lose_their_points(name, sandbox):
    """Exchanged masks, and positions that are zeros, change no figure that is asked for, and fail their check."""
    problem, (check, right, wrong) = PROBLEMS[name], ISSUE[name]
    rubric = rubric_of(problem)
    ran = run_reference(sandbox.run_cells, rubric)
    own = observe_answers(sandbox.observe, problem.in_notebook, problem.seed)
    rubric = replace(rubric, answers=Answers({**ran.answers.reference, **own.reference}, own.mistakes))
    changed = json.loads(ran.content)
    (cell,) = (one for one in changed["cells"] if f"def {check}" in "".join(one["source"]))
    cell["source"] = "".join(cell["source"]).replace(right, wrong)
    files = problem.reference.files

    after = grade_notebook(sandbox.run_cells, rubric, json.dumps(changed).encode(), files, problem.seed)

    assert {one.check: one.code for one in after.checks if one.code} == {check: Code.VALUES}
    assert (after.score, after.max_score) == (3, 4)
