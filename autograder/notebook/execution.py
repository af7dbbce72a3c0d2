"""One run of the notebook as it should be: the outputs of each cell, even if others fail.

A cell that ends the process or passes its time limit is left out, and the run is repeated without it. So it loses only
its own points, as long as the notebook has time left.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from autograder.course.problem import Problem
from autograder.notebook import load_kernel
from autograder.notebook.alignment import Step
from autograder.notebook.document import MAX_OUTPUTS, Output, output
from autograder.sandbox.observe import Budget
from autograder.wire import Array, Ending, Failure, Observation
from autograder.worker.job import ANSWER, MIB, Content, Limits, NotebookJob, entry_point

# Most cells of one notebook that may end their process; after each, the run is repeated.
MAX_ENDED = 20

# Runs cells, each a label and its text, and answers what is asked after the cell of that number.
RunCells = Callable[[Sequence[tuple[str, str]], Sequence[tuple[str, int]]], Iterable[Observation]]


@dataclass(frozen=True)
class Shown:
    """The outcome of one cell; `clipped` if its outputs were cut."""

    ending: Ending
    outputs: tuple[Output, ...] = ()
    failure: Failure | None = None
    clipped: bool = False


@dataclass(frozen=True)
class Execution:
    """The outcome of a notebook's run: cells by the places of their steps, and the values that were wanted."""

    cells: Mapping[int, Shown] = field(default_factory=dict)
    values: Mapping[str, Array] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[int, tuple[Output, ...]]:
        """The outputs of the cells that ended well."""
        return {place: shown.outputs for place, shown in self.cells.items() if shown.ending == "returned"}


def execute(
    run_cells: RunCells, limits: Limits, steps: Sequence[tuple[int, Step]], wanted: Sequence[tuple[str, int]] = ()
) -> Execution:
    """Run the steps, each with its place.

    What is `wanted` are expressions in the notebook's names, or ``file NAME``, each with the place of the step after
    which it is asked for. Of a step that did not end well nothing is asked.
    """
    shown: dict[int, Shown] = {}
    values: dict[str, Array] = {}
    pending = list(steps)
    ended = 0
    why = "it was not run"
    while pending:
        numbers = {place: number for number, (place, _) in enumerate(pending)}
        asked = [(what, numbers[after]) for what, after in wanted if after in numbers]
        count, last = 0, Shown("died")
        for observation in run_cells([(step.where, step.source) for _, step in pending], asked):
            if count == 0 and observation.ending in {"unstarted", "faulty"}:
                return Execution({place: Shown(observation.ending, failure=observation.failure) for place, _ in steps})
            if count < len(pending):
                place, _ = pending[count]
                last = _shown(observation, limits.cell_bytes)
                # A repeated run does not replace what a cell has shown before.
                if place not in shown:
                    shown[place] = last
                    answers = {what: observation.values.get(ANSWER + what) for what, after in wanted if after == place}
                    values |= {what: value for what, value in answers.items() if isinstance(value, np.ndarray)}
            count += 1
        if count == 0 or count > len(pending):
            break
        shown[pending.pop(count - 1)[0]] = last
        ended += 1
        if ended > MAX_ENDED:
            why = f"it was not run: more than {MAX_ENDED} cells had ended the process that they ran in"
            break
    for place, _ in steps:
        shown.setdefault(place, Shown("died", failure=Failure("", why)))
    return Execution(dict(sorted(shown.items())), values)


def beside(
    run_job: Callable[[Problem, NotebookJob, Budget], Iterable[Observation]],
    problem: Problem,
    files: Mapping[str, bytes | Content],
) -> RunCells:
    """Make a function that runs cells beside a student's files, by name; all runs share the notebook's budget.

    `run_job` is ``Sandbox.run_cells``, or a fake.
    """
    budget = Budget.of_notebook(problem.limits)

    def run_cells(cells: Sequence[tuple[str, str]], wanted: Sequence[tuple[str, int]]) -> Iterable[Observation]:
        return run_job(problem, job_of(problem, files, cells, wanted), budget)

    return run_cells


def job_of(
    problem: Problem,
    files: Mapping[str, bytes | Content],
    cells: Sequence[tuple[str, str]],
    wanted: Sequence[tuple[str, int]] = (),
) -> NotebookJob:
    """Make the job of running labelled cells beside files; the handed-out modules and the README are added."""
    readme = problem.released_readme
    return NotebookJob(
        kernel=entry_point(load_kernel),
        module=problem.name,
        given=tuple(path.stem for path in problem.files.given),
        data={name: str(path) for name, path in problem.files.data.items()},
        limits={**asdict(problem.limits), "cpu_seconds": math.ceil(problem.limits.notebook_seconds)},
        files={
            **({"README.md": readme.read_bytes()} if readme.is_file() else {}),
            **files,
            **{path.name: path.read_bytes() for path in problem.files.given},
        },
        cells=tuple(cells),
        wanted=tuple(wanted),
    )


def _shown(observation: Observation, most_bytes: int) -> Shown:
    raw = observation.values.get("outputs")
    if observation.ending == "died":
        return Shown("died", failure=observation.failure)
    # A character of an output has at most four bytes. Longer data was not written by our code in the run.
    if not isinstance(raw, np.ndarray) or raw.nbytes > 4 * most_bytes + MIB:
        return Shown(observation.ending, (Output("stream", "stdout", clipped=True),), observation.failure, clipped=True)
    try:
        said = json.loads(raw.tobytes())
    except (ValueError, RecursionError):
        said = {}
    items = said.get("outputs") if isinstance(said, dict) else None
    items = items if isinstance(items, list) else []
    # The end of a printed text is kept, since a saved output may hold only its end.
    read = (output(item, most_bytes) for item in items[:MAX_OUTPUTS])
    found = [one for one in read if one is not None]
    clipped = len(items) > MAX_OUTPUTS or (isinstance(said, dict) and said.get("clipped") is True)
    if clipped and found:
        found[-1] = replace(found[-1], clipped=True)
    return Shown(observation.ending, tuple(found), observation.failure, clipped)
