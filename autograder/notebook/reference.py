"""The reference's notebook: run once before a class is graded, for what it trains and for what is wrong with it.

A student's model is judged by what ``model.py`` says. Where that fails on a student's arrays, it is tried on those that
the reference's notebook trains, and so it is known whose fault it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.course.pages import CourseError
from autograder.course.problem import Problem
from autograder.expected import Answers
from autograder.grading.modules import said_of
from autograder.grading.predicates import tried
from autograder.notebook.alignment import Step, arrange
from autograder.notebook.checks import asking
from autograder.notebook.execution import RunCells, Shown, execute
from autograder.notebook.ipynb import read
from autograder.notebook.required_figures import asked_of, has_its_figures
from autograder.notebook.saved import filled, with_outputs
from autograder.notebook.sheet import MODEL, Sheet
from autograder.seed import Seed
from autograder.wire import Observation
from autograder.worker.job import NotebookJob


@dataclass(frozen=True)
class ReferenceRun:
    """The outcome of a run of the reference's notebook.

    Attributes
    ----------
    answers : Answers
        What it trains.
    content : bytes
        The notebook, saved with its outputs: what a right student hands in.
    """

    answers: Answers
    content: bytes


def run_reference(run_cells: RunCells, sheet: Sheet) -> ReferenceRun:
    """Run the reference's notebook as a student's is run.

    Raises
    ------
    CourseError
        If a cell fails, a figure that the notebook must have is not drawn, or the model has no arrays.
    """
    problem, notebook = sheet.problem, filled(sheet.problem)
    arrangement = arrange(read(json.dumps(notebook).encode(), problem.notebook_file), sheet.released)
    steps = arrangement.steps
    wanted = problem.page.model.wanted if problem.page.model else ()
    seen: list[Sequence[Observation]] = []

    def recorded(problem: Problem, job: NotebookJob) -> Sequence[Observation]:
        seen.append([*run_cells(problem, job)])
        return seen[-1]

    asked = asked_of(steps, wanted, sheet.figures)
    execution = execute(recorded, problem, problem.reference.files, arrangement.code, asked)
    for place, shown in execution.cells.items():
        if shown.ending != "returned":
            raise CourseError(_failed(problem, steps[place], shown))
    for finding in has_its_figures(sheet.figures, steps, execution.outputs, execution.files):
        raise CourseError(f"{problem.folder / 'figures.toml'}: the reference's notebook lacks it: {finding.message}")
    for what in wanted:
        if what not in execution.values or not np.all(np.isfinite(execution.values[what])):
            after = next(steps[n].place for asked_for, n in asked if asked_for == what)
            raise CourseError(
                f"{problem.folder / 'model.py'}: WANTED names `{what}`; of that the reference's notebook has no array "
                f"of finite numbers after {after}"
            )
    trained = {what: execution.values[what] for what in wanted}
    answers = Answers({(MODEL.name, 0): Observation(MODEL.name, 0, "returned", trained)})
    return ReferenceRun(answers, with_outputs(notebook, seen[0]))


def see_model(sheet: Sheet, seed: Seed) -> None:
    """See that ``model.py`` accepts what the reference's notebook trains.

    Raises
    ------
    CourseError
        If it fails, or finds anything wrong.
    """
    model, trained = sheet.problem.page.model, sheet.trained
    if model and trained is not None:
        ask, path = asking(sheet.problem, model, seed), sheet.problem.folder / "model.py"
        tried(ask, trained, model.judge, path, f"what {sheet.problem.notebook_id} trains")


def _failed(problem: Problem, step: Step, shown: Shown) -> str:
    """The sentence about a cell of the reference's notebook that fails."""
    frames = shown.failure.frames if shown.failure else ()
    path, where = problem.folder / "notebook.py", step.place
    if frames and (problem.folder / frames[-1].file).is_file():
        path = problem.folder / frames[-1].file
        where = f"line {frames[-1].line}, called in {where}"
    return f"{path}, {where}: the reference's notebook fails: {said_of(shown.failure)}"
