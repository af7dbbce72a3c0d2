"""A notebook's checks: a table of functions of the handed-in notebook and its one run; and what they judge by.

The functions work on a student's bytes. So :func:`judge` is called in a reader (:mod:`autograder.worker.reader`), which
knows no secret, and asks the grader for the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.course.problem import CourseError, Problem
from autograder.expected import Answers
from autograder.grading import MAX_FINDINGS, by_severity, own_lines, said_of
from autograder.notebook.alignment import Arrangement, Step, arrange
from autograder.notebook.document import Notebook, UnreadableError, read
from autograder.notebook.execution import Execution, RunCells, Shown, execute
from autograder.notebook.figures import RequiredFigure, asked_of, has_its_figures, made_up, required_figures
from autograder.notebook.history import is_untouched, kept_too_little, may_raise, was_run
from autograder.notebook.source import bound
from autograder.notebook.stale import stale_outputs
from autograder.report import Stale
from autograder.wire import Array, Failure, Observation, read_bytes
from autograder.worker.job import Limits
from autograder.worker.reader import Grader

# Most lines of a failed cell's output that a message shows.
MAX_SHOWN_LINES = 3
MAX_MESSAGE_CHARACTERS = 4_000
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_UNKNOWN = re.compile(r"name '(\w+)' is not defined")


@dataclass(frozen=True)
class Evidence:
    """The evidence that the checks judge; nothing was executed where the module was not handed in."""

    handed_in: Notebook
    arrangement: Arrangement
    execution: Execution
    task: Task


@dataclass(frozen=True)
class NotebookCheck:
    """One claim about a notebook.

    `share` is its part of the notebook's points; `judge` finds what is wrong, and is None for the model, which the
    grader judges by its arrays. Without a result of those that it `needs` it can't be judged.
    """

    name: str
    title: str
    share: int
    judge: Callable[[Evidence], Iterable[Finding]] | None
    needs: tuple[str, ...] = ()
    points: float = 0.0


class Task(msgspec.Struct, frozen=True):
    """A notebook's problem, as far as a reader may know it.

    `wanted` is asked of the run, for the grader to judge; `misnamed` says what is wrong with the name that the notebook
    was handed in under.
    """

    module_file: str
    notebook_file: str
    limits: Limits
    figures: tuple[RequiredFigure, ...] = ()
    wanted: tuple[str, ...] = ()
    has_module: bool = True
    misnamed: str = ""


class Judged(msgspec.Struct):
    """The findings about a notebook, without those about its model.

    Attributes
    ----------
    findings : dict of str to list of Finding
        By check.
    note : str
        The message of `runs` if it passes.
    refused : Finding or None
        Why there was nothing to judge: the same verdict for every check.
    bare : bool
        Most given cells have lost their outputs: nothing that was saved bears out what the run shows.
    places : dict of str to str
        The cell after which each thing asked for was looked for.
    stale : list of Stale
    """

    findings: dict[str, list[Finding]] = {}
    note: str = ""
    refused: Finding | None = None
    bare: bool = False
    places: dict[str, str] = {}
    stale: list[Stale] = []


class RunAsked(msgspec.Struct, frozen=True):
    """A run that a reader asks for: labelled cells, and the values wanted after them."""

    cells: tuple[tuple[str, str], ...]
    wanted: tuple[tuple[str, int], ...]


def _is_the_notebook(evidence: Evidence) -> Iterator[Finding]:
    if evidence.task.misnamed:
        yield Finding(Code.STRUCTURE, "name", f"{evidence.task.misnamed}; it was graded all the same")
    yield from evidence.arrangement.findings


def _was_run(evidence: Evidence) -> Iterator[Finding]:
    steps, now = evidence.arrangement.steps, evidence.execution.outputs
    found = was_run(evidence.handed_in, steps, now)
    yield from found
    if not found and kept_too_little(steps, now):
        message = "most of the given cells that show something have lost it; run all cells from the top, and save"
        yield Finding(Code.STRUCTURE, "outputs", message)


def _runs(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each cell that failed by itself.

    A cell that only lacks what a failed cell would have made is named in that cell's finding.
    """
    steps, cells = evidence.arrangement.steps, evidence.execution.cells
    failed = {place: shown for place, shown in cells.items() if _failed(steps[place], shown)}
    causes: dict[int, int] = {}
    lost: dict[str, int] = {}
    for place, shown in failed.items():
        name = _UNKNOWN.search(shown.failure.message) if shown.failure and shown.failure.kind == "NameError" else None
        cause = lost.get(name[1]) if name else None
        if cause is not None:
            causes[place] = cause
        for made in bound(steps[place].source):
            lost.setdefault(made, place if cause is None else cause)
    for place, shown in failed.items():
        if place not in causes:
            after = [steps[other].where for other, cause in causes.items() if cause == place]
            more = f"\n  and so, for want of what it makes: {', '.join(after)}" if after else ""
            yield _failure(steps[place], shown, more)
    # A cell may have replaced `print`, or the shell.
    silent = [
        steps[place]
        for place, shown in cells.items()
        if shown.ending == "returned" and steps[place].prints and not (shown.outputs or shown.clipped)
    ]
    if silent:
        step, more = silent[0], f" (and {len(silent) - 1} more)" if silent[1:] else ""
        message = f"{step.place} prints, and showed nothing when it was run{more}; see what keeps it from that"
        yield Finding(Code.STRUCTURE, step.where, message)


def _figures(evidence: Evidence) -> Iterable[Finding]:
    figures, steps, execution = evidence.task.figures, evidence.arrangement.steps, evidence.execution
    findings = has_its_figures(figures, steps, execution.outputs, execution.values)
    failed = [place for place, shown in execution.cells.items() if shown.ending != "returned"]
    if not findings and made_up(figures, steps, failed):
        return [Finding(Code.STRUCTURE, "", "a figure is drawn from what a given cell should have made, which failed")]
    return findings


RUNS, MODEL, FIGURES = "runs", "trained_model", "figures"
THE_NOTEBOOK, WAS_RUN = "is_the_notebook", "was_run"
CHECKS = (
    NotebookCheck(
        THE_NOTEBOOK,
        "The cells that were handed out are all there, unchanged and in their order.",
        1,
        _is_the_notebook,
    ),
    NotebookCheck(
        WAS_RUN, "It was run from top to bottom in a fresh kernel, and saved with all its outputs.", 2, _was_run
    ),
    NotebookCheck(
        RUNS, "It runs from top to bottom once more, beside the module that was handed in with it.", 2, _runs
    ),
    NotebookCheck(
        FIGURES, "The figures it must have are there, labelled, and show what they must.", 1, _figures, needs=(RUNS,)
    ),
    NotebookCheck(MODEL, "The model that it trains does well on data that nobody has seen.", 2, None, needs=(RUNS,)),
)


@dataclass(frozen=True)
class Rubric:
    """The points of a problem's notebook, and what it is graded by.

    `figures` are those it must have; `wanted` is what the model that it trains is made of, as expressions in its names;
    `answers` is what the reference's notebook trains, None where it was not run.
    """

    problem: Problem
    released: Notebook
    figures: tuple[RequiredFigure, ...] = ()
    wanted: tuple[str, ...] = ()
    answers: Answers | None = None

    @property
    def trained(self) -> Mapping[str, Array] | None:
        """The arrays that the reference's notebook trains, by expression; None where it was not run."""
        if self.answers is None:
            return None
        values = self.answers.reference[MODEL, 0].values
        return {name: value for name, value in values.items() if not isinstance(value, str)}

    @property
    def checks(self) -> tuple[NotebookCheck, ...]:
        """The checks that this notebook has, with their points."""
        model = self.problem.page.model
        left_out = {*([] if self.figures else [FIGURES]), *([] if model else [MODEL])}
        chosen = [check for check in CHECKS if check.name not in left_out]
        share = self.problem.notebook_points / sum(check.share for check in chosen)
        titles = {MODEL: model.title} if model and model.title else {}
        return tuple(
            replace(check, points=check.share * share, title=titles.get(check.name, check.title)) for check in chosen
        )

    def task(self, *, has_module: bool, misnamed: str = "") -> Task:
        """Select the part that a reader may know."""
        problem = self.problem
        return Task(
            problem.module_file,
            problem.notebook_file,
            problem.limits,
            self.figures,
            self.wanted,
            has_module=has_module,
            misnamed=misnamed,
        )


def rubric_of(problem: Problem) -> Rubric:
    """Read the rubric of a problem's notebook.

    Raises
    ------
    CourseError
        If the notebook has not been released, or a file of the problem's is wrong.
    """
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
    return Rubric(problem, released, figures, model.wanted if model else ())


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
    """Find what is wrong with a handed-in notebook.

    Parameters
    ----------
    run_cells : callable
        Makes the run; it is not made where the notebook can't be read or is the released one, untouched.
    content : bytes
        The notebook, as it was handed in.
    """
    try:
        handed_in = read(content, task.notebook_file)
    except UnreadableError as error:
        return Judged(refused=Finding(Code.MISSING, "", str(error)))
    arrangement = arrange(handed_in, released)
    steps = arrangement.steps
    if not arrangement.recognised:
        return Judged(refused=Finding(Code.STRUCTURE, "", arrangement.findings[0].message))
    if is_untouched(handed_in, steps):
        message = f"{task.notebook_file} is as it was handed out: no cell was run, filled or added"
        return Judged(refused=Finding(Code.MISSING, "", f"{message}; run all cells from the top, and save"))
    asked = asked_of(steps, task.wanted, task.figures)
    execution = execute(run_cells, task.limits, arrangement.code, asked) if task.has_module else Execution()
    evidence = Evidence(handed_in, arrangement, execution, task)
    found = Judged({check.name: [*check.judge(evidence)] for check in CHECKS if check.judge})
    if fault := _fault(task, execution):
        found.findings |= {check: [fault] for check in (RUNS, FIGURES, MODEL)}
        return found
    found.bare = kept_too_little(steps, execution.outputs)
    found.places = {what: steps[n].place for what, n in asked}
    found.stale = [*stale_outputs(steps, execution.outputs)]
    clipped = [steps[place].place for place, shown in execution.cells.items() if shown.clipped]
    if clipped:
        more = f" (and {len(clipped) - 1} more)" if clipped[1:] else ""
        limit = task.limits.cell_bytes >> 20
        found.note = f"{clipped[0]}{more} puts out more than {limit} MiB; the rest was not looked at"
    return found


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
    """Keep only the messages of findings that a report shows: a notebook may have thousands."""
    short = {
        check: [
            replace(finding, message=finding.message[:MAX_MESSAGE_CHARACTERS] if n < MAX_FINDINGS else "")
            for n, finding in enumerate(by_severity(findings))
        ]
        for check, findings in found.findings.items()
    }
    return msgspec.structs.replace(found, findings=short)


def _failed(step: Step, shown: Shown) -> bool:
    return shown.ending != "returned" and not (shown.ending in {"raised", "missing"} and may_raise(step))


def _failure(step: Step, shown: Shown, more: str) -> Finding:
    failure = shown.failure or Failure("", "")
    code = {"missing": Code.MISSING, "raised": Code.RAISED}.get(shown.ending, Code.DIED)
    if shown.ending == "died":
        words, lines = failure.message, ""
    elif shown.ending == "missing":
        words, lines = failure.message or "a function is not written yet", own_lines(failure)
    else:
        words, lines = _import_advice(failure) or said_of(failure), own_lines(failure)
    showed = "" if shown.ending == "missing" else _showed(shown)
    return Finding(code, step.where, f"{step.place}: {words}{lines}{showed}{more}")


def _import_advice(failure: Failure) -> str:
    """Advise on an import that found nothing, which is no mistake in the code; "" for any other failure."""
    name = _NO_MODULE.match(failure.message) if failure.kind == "ModuleNotFoundError" else None
    if name is None:
        return ""
    return (
        f"it needs `{name[1]}`, which isn't installed where it is graded, and wasn't handed in; do without it, hand it "
        "in if it is a module of yours, or ask your instructor to install it and grade again"
    )


def _showed(shown: Shown) -> str:
    printed = "".join(one.text for one in shown.outputs if (one.kind, one.name) == ("stream", "stdout"))
    lines = [line for line in printed[-2000:].splitlines() if line.strip()]
    last = [f"\n    {line[-200:].strip()}" for line in lines[-MAX_SHOWN_LINES:]]
    return f"\n  it had shown{''.join(last)}" if last else ""
