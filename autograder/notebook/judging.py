"""The findings on a notebook: read, put beside the released one, run once more, and held against what it shows.

All of it works on what a student has written, so it is done in a reader (:mod:`autograder.worker.reader`), where
``judge`` is called. It knows no secret, and has the grader make the runs. ``judged`` gets what runs a notebook as an
argument.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from autograder import codes
from autograder.authoring import Finding
from autograder.codes import Code
from autograder.course.problem import Problem
from autograder.grading.modules import own_lines, said_of
from autograder.grading.verdicts import MAX_FINDINGS
from autograder.notebook.alignment import Arrangement, Step, arrange
from autograder.notebook.document import Notebook
from autograder.notebook.execution import HOME, Execution, Shown, Surroundings, execute
from autograder.notebook.history import was_run
from autograder.notebook.ipynb import UnreadableError, read
from autograder.notebook.required_figures import Wanted, asked_of, has_its_figures, made_up
from autograder.notebook.retrial import Run, truth
from autograder.notebook.sheet import FIGURES, MODEL, RUNS, THE_NOTEBOOK, TRUTH, WAS_RUN, Sheet
from autograder.notebook.source import bound
from autograder.notebook.truth import compared
from autograder.wire import Failure, Observation, read_bytes
from autograder.worker.job import NotebookJob
from autograder.worker.limits import Limits
from autograder.worker.reader import Grader

# (problem, files beside it, steps with their places, what is asked and after which step, what the run finds)
Execute = Callable[
    [Problem, Mapping[str, bytes], Sequence[tuple[int, Step]], Sequence[tuple[str, int]], Surroundings], Execution
]

# Of what a cell had printed when it failed.
MAX_SHOWN_LINES = 3
# Of what is said of a check that passes, and of one finding.
MAX_NOTES = 4
MAX_MESSAGE_CHARACTERS = 4_000
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_UNKNOWN = re.compile(r"name '(\w+)' is not defined")


class Judged(msgspec.Struct):
    """The findings about a notebook, without those about what it has trained.

    Attributes
    ----------
    findings : dict of str to list of Finding
        By check.
    blocked, notes : dict of str to str, dict of str to list of str
        Which check waits for which; what is said of one that passes.
    refused : Finding or None
        Why there was nothing to judge: the same verdict for every check.
    ran : bool
        It was run, whatever came of it.
    failed : bool
        A cell did not end well.
    never_run : bool
        It was saved without a sign that any cell was run.
    places : dict of str to str
        After which cell what was asked for was looked for.
    """

    findings: dict[str, list[Finding]] = {}
    blocked: dict[str, str] = {}
    notes: dict[str, list[str]] = {}
    refused: Finding | None = None
    ran: bool = False
    failed: bool = False
    never_run: bool = False
    places: dict[str, str] = {}


class Paper(msgspec.Struct, frozen=True):
    """A problem as a reader is told of it, beside the released notebook and the student's.

    Attributes
    ----------
    assignment, name : str
    limits : Limits
    figures : tuple of Wanted
    wanted : tuple of str
        What is asked of the run, for the grader to judge.
    beside : tuple of str
        The names of the files that lie beside the notebook.
    misnamed : str
        As of :func:`judged`.
    """

    assignment: str
    name: str
    limits: Limits
    figures: tuple[Wanted, ...]
    wanted: tuple[str, ...]
    beside: tuple[str, ...]
    misnamed: str


class RunAsked(msgspec.Struct, frozen=True):
    """A run that a reader asks for: cells with their labels, what is asked after which, and what it finds."""

    cells: tuple[tuple[str, str], ...]
    wanted: tuple[tuple[str, int], ...]
    surroundings: Surroundings


def judge(files: Mapping[str, bytes], grader: Grader) -> Iterator[bytes]:
    """Judge a notebook in a reader: the `notebook`, beside the `released` one, by a `paper`."""
    paper = msgspec.msgpack.decode(files["paper"], type=Paper)
    # As far as it is known here; the grader runs the real one.
    problem = Problem(paper.assignment, paper.name, limits=paper.limits)
    sheet = Sheet(problem, read(files["released"]), paper.figures, paper.wanted)

    def run_cells(_: Problem, job: NotebookJob) -> Iterator[Observation]:
        asked = RunAsked(job.cells, job.wanted, Surroundings(job.seed, job.abroad))
        answer, _fd = grader.ask(msgspec.msgpack.encode(asked))
        while answer:
            yield read_bytes(answer)
            answer, _fd = grader.more()

    def run(*asked: object) -> Execution:
        return execute(run_cells, *asked)  # type: ignore[arg-type]  # as of `Execute`

    found = judged(run, sheet, files["notebook"], dict.fromkeys(paper.beside, b""), paper.misnamed)
    yield msgspec.msgpack.encode(_as_told(found))


def judged(execute: Execute, sheet: Sheet, content: bytes, beside: Mapping[str, bytes], misnamed: str = "") -> Judged:
    """The findings about a handed-in notebook.

    Parameters
    ----------
    execute : callable
        Runs steps beside modules: :func:`autograder.notebook.execution.execute` in a sandbox, or a fake.
    content : bytes
        The notebook, as it was handed in.
    beside : mapping of str to bytes
        What lies beside it when it is run, by name.
    misnamed : str
        What is to be said of the name it was handed in under; "" if that is right.
    """
    problem = sheet.problem
    try:
        handed_in = read(content, problem.notebook_file)
    except UnreadableError as error:
        return Judged(refused=Finding(Code.MISSING, "", str(error)))
    arrangement = arrange(handed_in, sheet.released)
    if not arrangement.recognised:
        return Judged(refused=Finding(Code.STRUCTURE, "", arrangement.findings[0].message))
    name = [Finding(Code.STRUCTURE, "name", f"{misnamed}; it was graded all the same")] if misnamed else []
    found = Judged({THE_NOTEBOOK.name: [*name, *arrangement.findings]}, {}, {}, places={})
    if problem.module_file not in beside:
        message = f"{problem.module_file} was not handed in; the notebook needs it: hand in both"
        found.findings |= {RUNS.name: [Finding(Code.MISSING, "", message)], WAS_RUN.name: was_run(handed_in)}
        found.blocked |= dict.fromkeys((TRUTH.name, FIGURES.name, MODEL.name), RUNS.name)
    else:
        _run(execute, sheet, handed_in, arrangement, beside, found)
    return found


def _as_told(found: Judged) -> Judged:
    """The same, with the words of those findings alone that a report shows: a notebook may have thousands."""
    told = {}
    for check, findings in found.findings.items():
        ordered = sorted(findings, key=lambda finding: codes.PRECEDENCE.index(finding.code))
        told[check] = [
            replace(finding, message=finding.message[:MAX_MESSAGE_CHARACTERS] if n < MAX_FINDINGS else "")
            for n, finding in enumerate(ordered)
        ]
    refused = found.refused and replace(found.refused, message=found.refused.message[:MAX_MESSAGE_CHARACTERS])
    return msgspec.structs.replace(found, findings=told, refused=refused)


def _run(
    execute: Execute,
    sheet: Sheet,
    handed_in: Notebook,
    arrangement: Arrangement,
    beside: Mapping[str, bytes],
    found: Judged,
) -> None:
    """Run the notebook, and judge what that shows."""
    problem, steps = sheet.problem, arrangement.steps
    asked = asked_of(steps, sheet.wanted, sheet.figures)
    ends = time.monotonic() + problem.limits.notebook_seconds
    execution = execute(problem, beside, arrangement.code, asked, HOME)
    rerun = execution.outputs
    found.findings[RUNS.name] = [*_failures(steps, execution.cells), *_silent(steps, execution.cells)]
    ours = [finding for finding in found.findings[RUNS.name] if finding.code in codes.FAULTS_OF_OURS]
    found.findings[WAS_RUN.name] = was_run(handed_in, steps, rerun)
    if ours:
        found.findings |= dict.fromkeys((TRUTH.name, FIGURES.name, MODEL.name), ours[:1])
        return
    found.ran = True
    found.never_run = not any(cell.count or cell.outputs for cell in handed_in.code)
    found.places |= {what: steps[n].place for what, n in asked}
    clipped = [steps[place].place for place, shown in execution.cells.items() if shown.clipped]
    more = f"{problem.limits.cell_bytes >> 20} MiB"
    found.notes[RUNS.name] = [
        *(f"{place} puts out more than {more}; the rest was not looked at" for place in clipped[:MAX_NOTES]),
        *[f"and {len(clipped) - MAX_NOTES} other cells"] * (len(clipped) > MAX_NOTES),
    ]
    found.findings[TRUTH.name] = truth(_retrials(execute, problem, beside, ends), handed_in, arrangement, execution)
    if found.findings[RUNS.name] and not compared(steps, rerun):
        found.blocked[TRUTH.name] = RUNS.name
    failed = [place for place, shown in execution.cells.items() if shown.ending != "returned"]
    found.failed = bool(failed)
    found.findings[FIGURES.name] = has_its_figures(sheet.figures, steps, rerun, execution.files)
    if failed and (found.findings[FIGURES.name] or made_up(sheet.figures, steps, failed)):
        found.blocked[FIGURES.name] = RUNS.name


def _retrials(execute: Execute, problem: Problem, beside: Mapping[str, bytes], ends: float) -> Run:
    """The function that runs the notebook again, in the time that is left of its seconds."""

    def run(steps: Sequence[tuple[int, Step]], surroundings: Surroundings) -> Execution:
        limits = replace(problem.limits, notebook_seconds=max(ends - time.monotonic(), 1.0))
        return execute(replace(problem, limits=limits), beside, steps, (), surroundings)

    return run


def _failures(steps: Sequence[Step], cells: Mapping[int, Shown]) -> Iterator[Finding]:
    """A finding for each cell that failed by itself; those that only miss what it would have made are told with it."""
    failed = {place: shown for place, shown in cells.items() if shown.ending != "returned"}
    unstarted = [shown for shown in failed.values() if shown.ending in {"unstarted", "faulty"}]
    if unstarted:
        code = Code.NO_SANDBOX if unstarted[0].ending == "unstarted" else Code.FAULTY_GRADER
        yield Finding(code, "", f"the notebook could not be run: {said_of(unstarted[0].failure)}")
        return
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


def _silent(steps: Sequence[Step], cells: Mapping[int, Shown]) -> Iterator[Finding]:
    """A finding for the given cells that print and have shown nothing, though they ended well."""
    silent = [
        steps[place]
        for place, shown in cells.items()
        if shown.ending == "returned" and steps[place].prints and not (shown.outputs or shown.clipped)
    ]
    if silent:
        step, more = silent[0], f" (and {len(silent) - 1} more)" if silent[1:] else ""
        message = f"{step.place} prints, and showed nothing when it was run{more}; see what keeps it from that"
        yield Finding(Code.STRUCTURE, step.where, message)


def _failure(step: Step, shown: Shown, more: str) -> Finding:
    failure = shown.failure or Failure("", "")
    said = _needs(failure) or said_of(failure)
    place = step.place
    showed = _showed(shown)
    match shown.ending:
        case "missing":
            what = failure.message or "a function is not written yet"
            return Finding(Code.MISSING, step.where, f"{place}: {what}{own_lines(failure)}{more}")
        case "died":
            return Finding(Code.DIED, step.where, f"{place}: {failure.message}{showed}{more}")
        case "exhausted":
            return Finding(Code.DIED, step.where, f"{place}: {said}{own_lines(failure)}{showed}{more}")
        case _:
            return Finding(Code.RAISED, step.where, f"{place}: {said}{own_lines(failure)}{showed}{more}")


def _needs(failure: Failure) -> str:
    """The sentence about an import that found nothing, which is no mistake in the code; "" for everything else."""
    name = _NO_MODULE.match(failure.message) if failure.kind == "ModuleNotFoundError" else None
    if name is None:
        return ""
    return (
        f"it needs `{name[1]}`, which isn't installed where it is graded, and wasn't handed in; do without it, hand it "
        "in if it is a module of yours, or ask your instructor to install it and grade again"
    )


def _showed(shown: Shown) -> str:
    """The last lines that a cell printed before it failed."""
    printed = "".join(one.text for one in shown.outputs if (one.kind, one.name) == ("stream", "stdout"))
    lines = [line for line in printed[-2000:].splitlines() if line.strip()]
    last = [f"\n    {line[-200:].strip()}" for line in lines[-MAX_SHOWN_LINES:]]
    return f"\n  it had shown{''.join(last)}" if last else ""
