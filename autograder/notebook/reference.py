"""The reference's notebook: run once before a class is graded, to find its faults and to keep what it trains.

A student's model is judged by ``model.py``. If that fails on a student's arrays, it is tried on the arrays of the
reference's notebook. So it is known whose fault the failure is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.course.problem import CourseError, Problem, source, without_markers
from autograder.expected import Answers
from autograder.grading import said_of, tried
from autograder.notebook.alignment import Step, arrange
from autograder.notebook.checks import MODEL, Rubric
from autograder.notebook.document import FILL, as_notebook, read
from autograder.notebook.execution import Shown, beside, execute
from autograder.notebook.figures import asked_of, has_its_figures
from autograder.notebook.grade import RunJob, asking
from autograder.notebook.stale import asks_for_a_verdict
from autograder.seed import Seed
from autograder.wire import Observation


@dataclass(frozen=True)
class ReferenceRun:
    """The arrays that the reference's notebook trains, and the notebook with its outputs, as a right submission."""

    answers: Answers
    content: bytes


def run_reference(run_job: RunJob, rubric: Rubric) -> ReferenceRun:
    """Run the reference's notebook as a student's is run.

    Raises
    ------
    CourseError
        If a cell fails, a figure that the notebook must have is not drawn, or the model has no arrays.
    """
    problem, notebook = rubric.problem, filled(rubric.problem)
    arrangement = arrange(read(json.dumps(notebook).encode(), problem.notebook_file), rubric.released)
    steps = arrangement.steps
    run_cells = beside(run_job, problem, problem.reference.files)
    seen: list[Sequence[Observation]] = []

    def recorded(*asked: Any) -> Sequence[Observation]:
        seen.append([*run_cells(*asked)])
        return seen[-1]

    asked = asked_of(steps, rubric.wanted, rubric.figures)
    execution = execute(recorded, problem.limits, arrangement.code, asked)
    for place, shown in execution.cells.items():
        if shown.ending != "returned":
            raise CourseError(_failed(problem, steps[place], shown))
    for finding in has_its_figures(rubric.figures, steps, execution.outputs, execution.values):
        raise CourseError(f"{problem.folder / 'figures.toml'}: the reference's notebook lacks it: {finding.message}")
    for what in rubric.wanted:
        if what not in execution.values or not np.all(np.isfinite(execution.values[what])):
            after = next(steps[n].place for asked_for, n in asked if asked_for == what)
            raise CourseError(
                f"{problem.folder / 'model.py'}: WANTED names `{what}`; of that the reference's notebook has no array "
                f"of finite numbers after {after}"
            )
    trained = {what: execution.values[what] for what in rubric.wanted}
    answers = Answers({(MODEL, 0): Observation(MODEL, 0, "returned", trained)})
    return ReferenceRun(answers, with_outputs(notebook, seen[0]))


def see_model(rubric: Rubric, seed: Seed) -> None:
    """Check that ``model.py`` accepts what the reference's notebook trains.

    Raises
    ------
    CourseError
        If it fails, or finds anything wrong.
    """
    model, trained = rubric.problem.page.model, rubric.trained
    if model and trained is not None:
        ask, path = asking(rubric.problem, model, seed), rubric.problem.folder / "model.py"
        tried(ask, trained, model.judge, path, f"what {rubric.problem.notebook_id} trains")


def filled(problem: Problem) -> dict[str, Any]:
    """Make the released notebook with its gaps filled from the solution, as JSON; it is not run."""
    notebook: dict[str, Any] = json.loads(problem.released_notebook.read_bytes())
    path = problem.folder / "notebook.py"
    solution = json.loads(as_notebook(without_markers(source(path)), problem.name))
    if len(solution["cells"]) != len(notebook["cells"]):
        raise CourseError(f"{problem.released_notebook} is not what {path} gives; run `autograder release`")
    for cell, solved in zip(notebook["cells"], solution["cells"], strict=True):
        if FILL in cell["metadata"].get("tags", ()):
            cell["source"] = solved["source"]
    return notebook


def save(run_job: RunJob, problem: Problem, modules: Mapping[str, bytes], notebook: Mapping[str, Any]) -> bytes:
    """Run a notebook, given as JSON, beside modules in a fresh kernel, and save it with its outputs.

    Raises
    ------
    CourseError
        If it could not be run, or a cell ended the run.
    """
    cells = [(f"cell {number}", "".join(cell["source"])) for number, cell in enumerate(_code_of(notebook), 1)]
    seen = [*beside(run_job, problem, modules)(cells, ())]
    if len(seen) <= len(cells):
        why = seen[-1].failure.message if seen and seen[-1].failure else "it was not run"
        raise CourseError(f"{problem.notebook_id} can't be run to its end: {why}")
    return with_outputs(notebook, seen)


def with_outputs(notebook: Mapping[str, Any], seen: Sequence[Observation]) -> bytes:
    """Serialize a notebook, given as JSON, with the outputs of each of its code cells."""
    for count, (cell, observation) in enumerate(zip(_code_of(notebook), seen, strict=False), 1):
        raw = observation.values["outputs"]
        outputs = json.loads(raw.tobytes())["outputs"] if isinstance(raw, np.ndarray) else []
        if asks_for_a_verdict("".join(cell["source"])):
            # A run of ours shows no verdict; a student's kernel did.
            data = {"text/plain": "checked"}
            outputs = [{"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}}]
        cell |= {"execution_count": count, "outputs": outputs}
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n".encode()


def _code_of(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _failed(problem: Problem, step: Step, shown: Shown) -> str:
    frames = shown.failure.frames if shown.failure else ()
    path, where = problem.folder / "notebook.py", step.place
    if frames and (problem.folder / frames[-1].file).is_file():
        path = problem.folder / frames[-1].file
        where = f"line {frames[-1].line}, called in {where}"
    return f"{path}, {where}: the reference's notebook fails: {said_of(shown.failure)}"
