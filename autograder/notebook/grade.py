"""The verdicts on a notebook: read, put beside the released one, run once more, and held against what it shows.

``grade_notebook`` gets what runs a notebook as an argument, as :func:`autograder.grade.grade` does with modules.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from autograder import codes
from autograder.compare import Finding
from autograder.course.problem import Implementation, Problem, names_module
from autograder.grade import MAX_FINDINGS, own_lines, said_of
from autograder.notebook.document import Notebook
from autograder.notebook.execution import HOME, Execution, Shown, Surroundings
from autograder.notebook.given import Arrangement, Step, arrange
from autograder.notebook.history import was_run
from autograder.notebook.ipynb import UnreadableError, read
from autograder.notebook.program import bound
from autograder.notebook.retrial import Run, truth
from autograder.notebook.sheet import FIGURES, MODEL, RUNS, THE_NOTEBOOK, TRUTH, WAS_RUN, NotebookCheck, Sheet
from autograder.notebook.wanted import asked_of, has_its_figures, made_up
from autograder.probe import entropy, generator
from autograder.report import ProblemReport, Verdict
from autograder.submissions.beside import named_in
from autograder.wire import Failure

# (problem, files beside it, steps with their places, what is asked and after which step, what the run finds)
Execute = Callable[
    [Problem, Mapping[str, bytes], Sequence[tuple[int, Step]], Sequence[tuple[str, int]], Surroundings], Execution
]

# How many times as long as its first run those after it may take, all together.
MAX_RETRIALS = 3
# Of what a cell had printed when it failed.
MAX_SHOWN_LINES = 3
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_UNKNOWN = re.compile(r"name '(\w+)' is not defined")


@dataclass
class _Found:
    """The findings so far, by check, and what waits for what."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


def grade_notebook(
    execute: Execute, sheet: Sheet, content: bytes, files: Mapping[str, bytes], seed: int, misnamed: str = ""
) -> ProblemReport:
    """The report on a handed-in notebook.

    Parameters
    ----------
    execute : callable
        Runs steps beside modules: :func:`autograder.notebook.execution.execute` in a sandbox, or a fake.
    content : bytes
        The notebook, as it was handed in.
    files : mapping of str to bytes
        The other files of the submission, by name.
    seed : int
        What data that nobody has seen follow from.
    misnamed : str
        What is to be said of the name it was handed in under; "" if that is right.
    """
    problem = sheet.problem
    try:
        handed_in = read(content, problem.notebook_file)
    except UnreadableError as error:
        return unjudged_notebook(sheet, codes.MISSING, str(error))
    arrangement = arrange(handed_in, sheet.released)
    if not arrangement.recognised:
        return unjudged_notebook(sheet, codes.STRUCTURE, arrangement.findings[0].message)
    name = [Finding(codes.STRUCTURE, "name", f"{misnamed}; it was graded all the same")] if misnamed else []
    found = _Found({THE_NOTEBOOK.name: [*name, *arrangement.findings]})
    drawn = {figure.file for figure in sheet.figures}
    beside = {name: text for name, text in beside_it(problem, content, files).items() if name not in drawn}
    if problem.module_file not in beside:
        message = f"{problem.module_file} was not handed in; the notebook needs it: hand in both"
        found.findings |= {RUNS.name: [Finding(codes.MISSING, "", message)], WAS_RUN.name: was_run(handed_in)}
        found.blocked |= dict.fromkeys((TRUTH.name, FIGURES.name, MODEL.name), RUNS.name)
    else:
        _run(execute, sheet, handed_in, arrangement, beside, seed, found)
    return _report(sheet, found)


def unjudged_notebook(sheet: Sheet, code: int, message: str) -> ProblemReport:
    """The report where there is nothing to judge: the same verdict for every check."""
    return _report(sheet, _Found({check.name: [Finding(code, "", message)] for check in sheet.checks}))


def beside_it(problem: Problem, content: bytes, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What lies beside a notebook when it is run: its module, those that it or they name, and small files they name."""
    notebook = {problem.module_file: files[problem.module_file]} if problem.module_file in files else {}
    named = {name: text for name, text in files.items() if names_module(content, name)}
    taken: dict[str, bytes] = {}
    for name in {**notebook, **named}:
        taken |= Implementation.of(name, files).files
    return taken | {name: files[name] for name in named_in((content, *taken.values()), files)}


def _run(
    execute: Execute,
    sheet: Sheet,
    handed_in: Notebook,
    arrangement: Arrangement,
    beside: Mapping[str, bytes],
    seed: int,
    found: _Found,
) -> None:
    """Run the notebook, and judge what that shows."""
    problem, steps = sheet.problem, arrangement.steps
    model = problem.model
    asked = asked_of(steps, model.wanted if model else (), sheet.figures)
    execution = execute(problem, beside, arrangement.code, asked, HOME)
    rerun = execution.outputs
    found.findings[RUNS.name] = list(_failures(steps, execution.cells))
    ours = [finding for finding in found.findings[RUNS.name] if finding.code in codes.FAULTS_OF_OURS]
    found.findings[WAS_RUN.name] = was_run(handed_in, steps, rerun)
    if ours:
        found.findings |= dict.fromkeys((TRUTH.name, FIGURES.name, MODEL.name), ours[:1])
        return
    found.notes[RUNS.name] = [
        f"{steps[place].place} puts out more than {problem.limits.cell_bytes >> 20} MiB; the rest was not looked at"
        for place, shown in execution.cells.items()
        if shown.clipped
    ]
    found.findings[TRUTH.name] = truth(_retrials(execute, problem, beside), handed_in, arrangement, execution)
    if not rerun:
        found.blocked[TRUTH.name] = RUNS.name
    failed = [place for place, shown in execution.cells.items() if shown.ending != "returned"]
    found.findings[FIGURES.name] = has_its_figures(sheet.figures, steps, rerun, execution.files)
    found.findings[MODEL.name] = list(_model(problem, execution, {what: steps[n].place for what, n in asked}, seed))
    for check in (FIGURES, MODEL):
        if failed and found.findings[check.name]:
            found.blocked[check.name] = RUNS.name
    if failed and made_up(sheet.figures, steps, failed):
        found.blocked[FIGURES.name] = RUNS.name


def _retrials(execute: Execute, problem: Problem, beside: Mapping[str, bytes]) -> Run:
    """What runs the notebook again, as long as there is time for that."""
    ends = time.monotonic() + MAX_RETRIALS * problem.limits.notebook_seconds

    def run(steps: Sequence[tuple[int, Step]], surroundings: Surroundings) -> Execution:
        left = min(problem.limits.notebook_seconds, max(ends - time.monotonic(), 1.0))
        limits = replace(problem.limits, notebook_seconds=left)
        return execute(replace(problem, limits=limits), beside, steps, (), surroundings)

    return run


def _failures(steps: Sequence[Step], cells: Mapping[int, Shown]) -> Iterator[Finding]:
    """A finding for each cell that failed by itself; those that only miss what it would have made are told with it."""
    failed = {place: shown for place, shown in cells.items() if shown.ending != "returned"}
    unstarted = [shown for shown in failed.values() if shown.ending in {"unstarted", "faulty"}]
    if unstarted:
        code = codes.NO_SANDBOX if unstarted[0].ending == "unstarted" else codes.FAULTY_GRADER
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


def _failure(step: Step, shown: Shown, more: str) -> Finding:
    failure = shown.failure or Failure("", "")
    said = _needs(failure) or said_of(failure)
    place = step.place
    showed = _showed(shown)
    match shown.ending:
        case "missing":
            what = failure.message or "a function is not written yet"
            return Finding(codes.MISSING, step.where, f"{place}: {what}{own_lines(failure)}{more}")
        case "died":
            return Finding(codes.DIED, step.where, f"{place}: {failure.message}{showed}{more}")
        case "exhausted":
            return Finding(codes.DIED, step.where, f"{place}: {said}{own_lines(failure)}{showed}{more}")
        case _:
            return Finding(codes.RAISED, step.where, f"{place}: {said}{own_lines(failure)}{showed}{more}")


def _needs(failure: Failure) -> str:
    """What is said of an import that found nothing, which is no mistake in the code; "" of everything else."""
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


def _model(problem: Problem, execution: Execution, places: Mapping[str, str], seed: int) -> Iterator[Finding]:
    """What is found of the trained model, recomputed from what it is made of."""
    model = problem.model
    if model is None:
        return
    for wanted in model.wanted:
        if wanted not in execution.values:
            message = f"after {places[wanted]} there is no array `{wanted}`; keep the names as given"
            yield Finding(codes.STRUCTURE, wanted, message)
            return
        if not np.all(np.isfinite(execution.values[wanted])):
            yield Finding(codes.DIVERGED, wanted, f"`{wanted}` holds NaN or infinity: the training has diverged")
            return
    found = {wanted: execution.values[wanted] for wanted in model.wanted}
    try:
        with np.errstate(invalid="raise"):
            yield from [*model.judge(found, problem.data, generator(entropy(seed, MODEL.name, 0)))]
    except Exception as error:  # noqa: BLE001  staff's predicate, on a student's arrays
        why = f"{type(error).__name__}: {error}"
        yield Finding(codes.STRUCTURE, "", f"what the notebook trained is too far off to be judged ({why}); look at it")


def _report(sheet: Sheet, found: _Found) -> ProblemReport:
    checks = sheet.checks
    whole = sum(check.share for check in checks)
    verdicts = [_verdict(check, found, sheet.problem.notebook_points * check.share / whole) for check in checks]
    return ProblemReport.of(sheet.problem.notebook_id, tuple(_earned(verdicts)))


def _verdict(check: NotebookCheck, found: _Found, points: float) -> Verdict:
    findings: Collection[Finding] = found.findings.get(check.name, ())
    ordered = sorted(findings, key=lambda finding: codes.PRECEDENCE.index(finding.code))
    code = codes.foremost(finding.code for finding in ordered)
    shown = [finding.message for finding in ordered[:MAX_FINDINGS]]
    if len(ordered) > MAX_FINDINGS:
        shown.append(f"and {len(ordered) - MAX_FINDINGS} more")
    blocker = found.blocked.get(check.name)
    if blocker:
        code = codes.foremost(finding.code for finding in found.findings.get(blocker, ()))
        shown = [f"not judged: fix `{blocker}` first"]
    elif code == codes.SUCCESS:
        shown = found.notes.get(check.name, [])
    earned = not blocker and (code == codes.SUCCESS or code in codes.FAULTS_OF_OURS)
    return Verdict(
        check=check.name,
        title=check.title,
        code=code,
        points=points if earned else 0.0,
        max_points=points,
        message="\n".join(shown),
        hint=None,
        blocked_by=blocker,
    )


def _earned(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """The verdicts; to hand in what was handed out is worth nothing alone."""
    first, *others = verdicts
    if first.code == codes.SUCCESS and not any(verdict.points for verdict in others):
        message = "counts as soon as another check of the notebook passes"
        first = msgspec.structs.replace(first, points=0.0, message=message, blocked_by=others[0].check)
    yield from (first, *others)
