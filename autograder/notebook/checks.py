"""A notebook's one run, its checks (a table of functions of the handed-in notebook and the run), and its rubric.

The functions work on a student's bytes. So :func:`judge` is called in a reader (:mod:`autograder.worker.reader`), which
knows no secret, and asks the grader for the run.

A cell that ends the process or passes its time limit is left out, and the run is repeated without it. So it loses only
its own points, as long as the notebook has time left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np

from autograder.authoring import Check, Finding
from autograder.codes import Code
from autograder.course.problem import CourseError, Problem
from autograder.expected import Answers
from autograder.grading import MAX_FINDINGS, by_severity, own_lines, said_of
from autograder.notebook.alignment import Step, arrange, bound
from autograder.notebook.document import Notebook, Output, UnreadableError, outputs_of, read
from autograder.notebook.figures import RequiredFigure, asked_of, has_its_figures, made_up, required_figures
from autograder.notebook.outputs import is_bare, is_untouched, may_raise, stale_outputs, was_run
from autograder.report import Stale
from autograder.wire import Array, Ending, Failure, Observation, read_bytes
from autograder.worker.job import ANSWER, MIB, Limits
from autograder.worker.reader import Grader

# Most cells of one notebook that may end their process; after each, the run is repeated.
MAX_ENDED = 20
MAX_MESSAGE_CHARACTERS = 4_000
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_UNKNOWN = re.compile(r"name '(\w+)' is not defined")

# Runs cells, each a label and its text, and answers what is asked after the cell of that number.
RunCells = Callable[[Sequence[tuple[str, str]], Sequence[tuple[str, int]]], Iterable[Observation]]


@dataclass(frozen=True)
class Shown:
    """The outcome of one cell; the last output is clipped if there were more."""

    ending: Ending
    outputs: tuple[Output, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True)
class Execution:
    """The outcome of a notebook's run: cells by the places of their steps, and the values that were wanted."""

    cells: Mapping[int, Shown] = field(default_factory=dict)
    values: Mapping[str, Array] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[int, tuple[Output, ...]]:
        """The outputs of the cells that ended well."""
        return {place: shown.outputs for place, shown in self.cells.items() if shown.ending == "returned"}


@dataclass(frozen=True)
class NotebookCheck:
    """One claim about a notebook: its share of the points, and the checks without whose result it can't be judged."""

    name: str
    title: str
    share: int
    needs: tuple[str, ...] = ()
    points: float = 0.0


RUNS, MODEL, FIGURES = "runs", "trained_model", "figures"
THE_NOTEBOOK, WAS_RUN = "is_the_notebook", "was_run"
CHECKS = (
    NotebookCheck(THE_NOTEBOOK, "The cells that were handed out are all there, unchanged and in their order.", 1),
    NotebookCheck(WAS_RUN, "It was run from top to bottom in a fresh kernel, and saved with all its outputs.", 2),
    NotebookCheck(RUNS, "It runs from top to bottom once more, beside the module that was handed in with it.", 2),
    NotebookCheck(FIGURES, "The figures it must have are there, labelled, and show what they must.", 1, (RUNS,)),
    NotebookCheck(MODEL, "The model that it trains does well on data that nobody has seen.", 2, (RUNS,)),
)


class Task(msgspec.Struct, frozen=True):
    """A notebook's problem, as far as a reader may know it; `wanted` is asked of the run, for the grader to judge."""

    module_file: str
    notebook_file: str
    limits: Limits
    figures: tuple[RequiredFigure, ...] = ()
    wanted: tuple[str, ...] = ()
    has_module: bool = True


class Judged(msgspec.Struct):
    """The findings about a notebook by check, without those about its model.

    If it is `refused`, for a `reason`, there was nothing to judge: the same verdict for every check. It is `bare` if
    most given cells have lost their outputs: nothing that was saved supports what the run shows.
    """

    findings: dict[str, list[Finding]] = {}
    refused: Finding | None = None
    reason: str = ""
    bare: bool = False
    stale: list[Stale] = []


class RunAsked(msgspec.Struct, frozen=True):
    """A run that a reader asks for: labelled cells, and the values wanted after them."""

    cells: tuple[tuple[str, str], ...]
    wanted: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Rubric:
    """The points of a problem's notebook, and what it is graded by.

    `figures` are those it must have; `wanted` is what the model that it trains is made of, as expressions in its names;
    `answers` is what the reference's notebook trains, and its functions give; None where it was not run.
    """

    problem: Problem
    released: Notebook
    figures: tuple[RequiredFigure, ...] = ()
    wanted: tuple[str, ...] = ()
    answers: Answers | None = None

    @property
    def trained(self) -> Mapping[str, Array] | None:
        """The arrays that the reference's notebook trains, by expression; None where it was not run."""
        if self.answers is None or (MODEL, 0) not in self.answers.reference:
            return None
        values = self.answers.reference[MODEL, 0].values
        return {name: value for name, value in values.items() if not isinstance(value, str)}

    @property
    def probes(self) -> tuple[Check, ...]:
        """The checks of the notebook's functions and variables."""
        return self.problem.in_notebook.checks

    @property
    def table(self) -> tuple[NotebookCheck, ...]:
        """The checks of every notebook that this one has, with their points: they share what the probes leave."""
        model = self.problem.page.model
        left_out = {*([] if self.figures else [FIGURES]), *([] if model else [MODEL])}
        chosen = [check for check in CHECKS if check.name not in left_out]
        left = self.problem.notebook_points - self.problem.in_notebook.points
        share = left / sum(check.share for check in chosen)
        titles = {MODEL: model.title} if model and model.title else {}
        return tuple(
            replace(check, points=check.share * share, title=titles.get(check.name, check.title)) for check in chosen
        )

    @property
    def checks(self) -> tuple[NotebookCheck | Check, ...]:
        """All checks that this notebook has."""
        return (*self.table, *self.probes)

    def task(self, *, has_module: bool) -> Task:
        """Select the part that a reader may know."""
        problem = self.problem
        return Task(problem.module_file, problem.notebook_file, problem.limits, self.figures, self.wanted, has_module)


def rubric_of(problem: Problem) -> Rubric:
    """Read the rubric of a problem's notebook; CourseError if it was not released, or a file is wrong."""
    path = problem.released_notebook
    try:
        released = read(path.read_bytes(), str(path))
    except (OSError, UnreadableError) as error:
        raise CourseError(
            f"{path} can't be read ({error}); {problem.notebook_file} is worth {problem.notebook_points:g} points: "
            "run `autograder release`"
        ) from None
    model = problem.page.model
    figures = required_figures(problem.folder / "figures.toml")
    headings = {cell.heading for cell in released.cells}
    for figure in figures:
        if figure.under and figure.under not in headings:
            # Nobody could have a figure there.
            raise CourseError(
                f"{problem.folder / 'figures.toml'}: {figure.name} is to be drawn under “{figure.under}”; "
                f"{path} has no such heading: write it as it stands there"
            )
    rubric = Rubric(problem, released, figures, model.wanted if model else ())
    page = problem.folder / "checks.py"
    if taken := {check.name for check in rubric.probes} & {check.name for check in CHECKS}:
        raise CourseError(f"{page}: every notebook has a check `{min(taken)}` already; give yours another name")
    if (asked := problem.in_notebook.points) >= problem.notebook_points:
        has = f"{problem.notebook_file} has {problem.notebook_points:g} in all; leave some for the rest"
        raise CourseError(f"{page}: the checks of the notebook have {asked:g} points, and {has}")
    return rubric


def judge(files: Mapping[str, bytes], grader: Grader) -> Iterator[bytes]:
    """Judge a notebook in a reader: the `notebook`, beside the `released` one, by a `task`."""

    def run_cells(*asked: object) -> Iterator[Observation]:
        answer, _fd = grader.ask(msgspec.msgpack.encode(RunAsked(*asked)))  # type: ignore[arg-type]  # as of `RunCells`
        while answer:
            yield read_bytes(answer)
            answer, _fd = grader.more()

    task = msgspec.msgpack.decode(files["task"], type=Task)
    found = judged(run_cells, task, read(files["released"]), files["notebook"])
    yield msgspec.msgpack.encode(_shortened(found))


def judged(run_cells: RunCells, task: Task, released: Notebook, content: bytes) -> Judged:
    """Find what is wrong with a handed-in notebook; it is run only if it is readable, known and not untouched."""
    try:
        handed_in = read(content, task.notebook_file)
    except UnreadableError as error:
        return Judged(refused=Finding(Code.MISSING, "", str(error)), reason="unreadable")
    arrangement = arrange(handed_in, released)
    steps = arrangement.steps
    if not arrangement.recognised:
        return Judged(refused=Finding(Code.STRUCTURE, "", arrangement.findings[0].message), reason="foreign notebook")
    if is_untouched(handed_in, steps):
        message = f"{task.notebook_file} is as it was handed out: no cell was run, filled or added"
        refused = Finding(Code.MISSING, "", f"{message}; run all cells from the top, and save")
        return Judged(refused=refused, reason="untouched")
    asked = asked_of(steps, task.wanted, task.figures)
    execution = execute(run_cells, task.limits, arrangement.code, asked) if task.has_module else Execution()
    now = execution.outputs
    faked = made_up(steps, now)
    values = {what: value for what, value in execution.values.items() if dict(asked)[what] not in faked}
    findings = {
        THE_NOTEBOOK: [*arrangement.findings],
        WAS_RUN: was_run(handed_in, steps, now),
        RUNS: [*_failures(steps, execution.cells)],
        FIGURES: has_its_figures(task.figures, steps, {n: now[n] for n in now.keys() - faked}, values),
    }
    if fault := _fault(task, execution):
        findings |= {check: [fault] for check in (RUNS, FIGURES, MODEL)}
    return Judged(findings, bare=is_bare(steps, now), stale=[*stale_outputs(steps, now)])


def execute(
    run_cells: RunCells, limits: Limits, steps: Sequence[tuple[int, Step]], wanted: Sequence[tuple[str, int]] = ()
) -> Execution:
    """Run the steps, each with its place.

    What is `wanted` are expressions, or ``file NAME``, each with the place of the step after which it is asked for.
    """
    shown: dict[int, Shown] = {}
    values: dict[str, Array] = {}
    pending, ended = list(steps), 0
    while pending and ended <= MAX_ENDED:
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
    why = f": more than {MAX_ENDED} cells had ended the process that they ran in" if ended > MAX_ENDED else ""
    not_run = Shown("died", failure=Failure("", f"it was not run{why}"))
    return Execution({place: shown.get(place, not_run) for place, _ in steps}, values)


def _failures(steps: Sequence[Step], cells: Mapping[int, Shown]) -> Iterator[Finding]:
    """Yield a finding for each cell that failed by itself; those that lack what it would have made are named in it."""
    causes: dict[str, int] = {}
    follow: dict[int, list[str]] = {}
    for n, shown in cells.items():
        if shown.ending == "returned" or (shown.ending in {"raised", "missing"} and may_raise(steps[n])):
            continue
        name = _UNKNOWN.search(shown.failure.message) if shown.failure and shown.failure.kind == "NameError" else None
        cause = causes.get(name[1], n) if name else n
        follow.setdefault(cause, []).append(steps[n].where)
        for made in bound(steps[n].source):
            causes.setdefault(made, cause)
    for n, (where, *after) in follow.items():
        failure = cells[n].failure or Failure("", "")
        more = f"\n  and so, for want of what it makes: {', '.join(after)}" if after else ""
        code = {"missing": Code.MISSING, "raised": Code.RAISED}.get(cells[n].ending, Code.DIED)
        words = (failure.message if cells[n].ending in {"died", "missing"} else _import_advice(failure)) or said_of(
            failure
        )
        yield Finding(code, where, f"{steps[n].place}: {words}{own_lines(failure)}{more}")


def _fault(task: Task, execution: Execution) -> Finding | None:
    if not task.has_module:
        message = f"{task.module_file} was not handed in; the notebook needs it: hand in both"
        return Finding(Code.MISSING, "", message)
    for shown in execution.cells.values():
        if shown.ending in {"unstarted", "faulty"}:
            code = Code.NO_SANDBOX if shown.ending == "unstarted" else Code.FAULTY_GRADER
            return Finding(code, "", f"the notebook could not be run: {said_of(shown.failure)}")
    return None


def _shortened(found: Judged) -> Judged:
    # A notebook may have thousands of findings; only the first messages are shown.
    short = {
        check: [
            replace(finding, message=finding.message[:MAX_MESSAGE_CHARACTERS] if n < MAX_FINDINGS else "")
            for n, finding in enumerate(by_severity(findings))
        ]
        for check, findings in found.findings.items()
    }
    return msgspec.structs.replace(found, findings=short)


def _import_advice(failure: Failure) -> str:
    name = _NO_MODULE.match(failure.message) if failure.kind == "ModuleNotFoundError" else None
    advice = "do without it, hand it in if it is a module of yours, or ask your instructor to install it"
    where = "isn't installed where it is graded, and wasn't handed in"
    return f"it needs `{name[1]}`, which {where}; {advice}" if name else ""


def _shown(observation: Observation, most_bytes: int) -> Shown:
    if observation.ending == "died":
        return Shown("died", failure=observation.failure)
    raw = observation.values.get("outputs")
    said: Any = {"clipped": True}
    # A character of an output has at most four bytes. Longer data was not written by our code in the run.
    if isinstance(raw, np.ndarray) and raw.nbytes <= 4 * most_bytes + MIB:
        try:
            said = json.loads(raw.tobytes())
        except (ValueError, RecursionError):
            said = None
    said = said if isinstance(said, dict) else {}
    more = [Output("stream", "stdout", clipped=True)] if said.get("clipped") is True else []
    return Shown(observation.ending, (*outputs_of(said.get("outputs"), most_bytes), *more), observation.failure)
