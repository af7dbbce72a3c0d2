"""The verdicts on a notebook: what a reader has found of it, and what it has trained.

``grade_notebook`` gets what runs a notebook as an argument, as :func:`autograder.grading.modules.grade` does with
modules, and reads it here. ``grade_apart`` has it read and compared in a reader, as strangers' notebooks must be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
import numpy as np

from autograder import codes
from autograder.authoring import Finding, generator
from autograder.codes import Code
from autograder.course.pages import Model
from autograder.course.problem import Problem
from autograder.grading.predicates import Ask
from autograder.grading.predicates import judged as judged_by
from autograder.grading.verdicts import MAX_FINDINGS
from autograder.notebook.execution import ANSWER, FILE, Execution, job_of
from autograder.notebook.ipynb import MAX_CELLS, MAX_SOURCES
from autograder.notebook.judging import MAX_MESSAGE_CHARACTERS, Execute, Judged, Paper, RunAsked, judge, judged
from autograder.notebook.retrial import SURROUNDINGS
from autograder.notebook.sheet import FIGURES, MODEL, RUNS, TRUTH, WAS_RUN, NotebookCheck, Sheet
from autograder.notebook.truth import FEW
from autograder.report import ProblemReport, Verdict
from autograder.sandbox.observe import Answer, Budget, OurFaultError, ReaderError, Sandbox
from autograder.seed import Seed
from autograder.submissions.uses import used_by_notebook
from autograder.wire import Array, Observation, parts
from autograder.worker.job import Content

AnyContent = TypeVar("AnyContent", bytes, "bytes | Content")
Said = TypeVar("Said", RunAsked, Judged)

# What an honest reader asks for: a run for each cell that ends it, of each of a few kinds of run.
MOST_RUNS = 200
# Of what a reader finds.
MAX_FOUND_BYTES = 4 << 20


def grade_notebook(
    execute: Execute, sheet: Sheet, content: bytes, files: Mapping[str, bytes], seed: Seed, misnamed: str = ""
) -> ProblemReport:
    """The report on a handed-in notebook, read in this process: one's own, or one that is known.

    Parameters
    ----------
    execute : callable
        Runs steps beside modules: :func:`autograder.notebook.execution.execute` in a sandbox, or a fake.
    content : bytes
        The notebook, as it was handed in.
    files : mapping of str to bytes
        The other files of the submission, by name.
    seed : Seed
        What data that nobody has seen follow from.
    misnamed : str
        What is to be said of the name it was handed in under; "" if that is right.
    """
    values: dict[str, Array] = {}

    def keeping(*asked: Any) -> Execution:
        execution = execute(*asked)
        for what, value in execution.values.items():
            values.setdefault(what, value)
        return execution

    beside = _without_drawn(sheet, beside_it(sheet.problem, content, files))
    return _concluded(sheet, judged(keeping, sheet, content, beside, misnamed), values, seed)


def grade_apart(
    sandbox: Sandbox,
    sheet: Sheet,
    content: bytes | Content,
    beside: Mapping[str, bytes | Content],
    seed: Seed,
    misnamed: str = "",
) -> ProblemReport:
    """The report on a handed-in notebook, which is read and compared in a reader.

    Parameters
    ----------
    sandbox : Sandbox
    content : bytes or Content
        The notebook, as it was handed in.
    beside : mapping of str to bytes or Content
        What lies beside it when it is run, by name.
    seed, misnamed : int, str
        As of :func:`grade_notebook`.

    Raises
    ------
    OurFaultError
        If it could not be judged, and that is our fault.
    """
    problem, limits = sheet.problem, sheet.problem.limits
    beside = _without_drawn(sheet, beside)
    values: dict[str, Array] = {}
    budget = Budget.of_notebook(limits)
    runs = 0

    def answer(question: bytes) -> Iterator[Answer]:
        nonlocal runs
        runs += 1
        asked = _decoded(question, RunAsked)
        texts = sum(len(text) for pair in (*asked.cells, *asked.wanted) for text in pair if isinstance(text, str))
        if runs > MOST_RUNS:  # as it does where each of many cells ends its run
            raise ReaderError(f"it takes more than {MOST_RUNS} runs")
        if len(asked.cells) > 2 * MAX_CELLS or texts > 2 * MAX_SOURCES:
            raise OurFaultError("a reader asks for more than a notebook can need")
        # Each has servers of its own: of others there could be any number.
        if asked.surroundings not in SURROUNDINGS:
            raise OurFaultError("a reader asks for a run of a kind that there isn't")
        job = job_of(problem, beside, asked.cells, asked.wanted, asked.surroundings)
        for observation in sandbox.run_cells(problem, job, budget):
            yield parts(_kept_from(observation, sheet.wanted, values)), None
        yield (), None

    paper = Paper(problem.assignment, problem.name, limits, sheet.figures, sheet.wanted, tuple(beside), misnamed)
    given = {
        "paper": msgspec.msgpack.encode(paper),
        "released": problem.released_notebook.read_bytes(),
        "notebook": content,
    }
    try:
        said = b"".join(_bounded(sandbox.call(judge, given, limits, answer)))
    except ReaderError as error:
        why = f"{problem.notebook_file} could not be read and compared: {error}; show less, run it again"
        return unjudged_notebook(sheet, Code.DIED, why)
    return _concluded(sheet, _checked(sheet, _decoded(said, Judged)), values, seed)


def _decoded(said: bytes, kind: type[Said]) -> Said:
    """The answer of a reader, as far as it is of its kind."""
    try:
        return msgspec.msgpack.decode(said, type=kind)
    except msgspec.MsgspecError as error:
        raise OurFaultError(f"a reader says what no reader says ({error})") from None


def _bounded(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts of what a reader says, as long as that is not too much."""
    room = MAX_FOUND_BYTES
    for part in parts:
        room -= len(part)
        if room < 0:
            raise ReaderError("more is wrong with it than can be told")
        yield part


def _checked(sheet: Sheet, found: Judged) -> Judged:
    """The findings of a reader about this notebook's checks, in codes and sentences that there can be."""
    names = {check.name for check in sheet.checks}
    for findings in (*found.findings.values(), [found.refused] if found.refused else []):
        for finding in findings:
            if finding.code not in codes.PRECEDENCE or len(finding.message) > MAX_MESSAGE_CHARACTERS:
                raise OurFaultError(f"a reader found what there can't be: {finding.code}, {finding.message[:100]}")
    found.findings = {name: findings for name, findings in found.findings.items() if name in names}
    found.blocked = {name: blocker for name, blocker in found.blocked.items() if {name, blocker} <= names}
    # Of what nothing is said nothing is found, and that would be worth its points.
    told = found.findings.keys() if found.ran else found.findings.keys() | found.blocked.keys()
    if missing := set() if found.refused else names - told - ({MODEL.name} if found.ran else set()):
        raise OurFaultError(f"a reader says nothing of {', '.join(sorted(missing))}")
    if found.ran and not found.places.keys() >= {*sheet.wanted}:
        raise OurFaultError("a reader says nothing of where a trained model was looked for")
    return found


def _kept_from(observation: Observation, wanted: Collection[str], values: dict[str, Array]) -> Observation:
    """An observation for a reader; what is the grader's to judge is kept, the first of each."""
    shown: dict[str, Array | str] = {}
    for name, value in observation.values.items():
        what = name.removeprefix(ANSWER)
        if name == what or what.startswith(FILE):
            shown[name] = value
        elif observation.ending == "returned" and what in wanted and isinstance(value, np.ndarray):
            values.setdefault(what, value)
    return replace(observation, values=shown)


def unjudged_notebook(sheet: Sheet, code: Code, message: str) -> ProblemReport:
    """The report where there is nothing to judge: the same verdict for every check."""
    return _report(sheet, Judged({check.name: [Finding(code, "", message)] for check in sheet.checks}))


def beside_it(problem: Problem, content: bytes, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What lies beside a notebook when it is run: its module, those that it or they name, and small files they name."""
    return {name: files[name] for name in used_by_notebook(problem.module_file, content, files)}


def _without_drawn(sheet: Sheet, beside: Mapping[str, AnyContent]) -> dict[str, AnyContent]:
    """The files beside a notebook, but for the figures that it is to draw."""
    drawn = {figure.file for figure in sheet.figures}
    return {name: text for name, text in beside.items() if name not in drawn}


def _concluded(sheet: Sheet, found: Judged, values: Mapping[str, Array], seed: Seed) -> ProblemReport:
    """The report that follows from what was found, and from what the notebook has trained."""
    if found.refused:
        return unjudged_notebook(sheet, found.refused.code, found.refused.message)
    if found.ran:
        found.findings[MODEL.name] = list(_model(sheet, values, found.places, seed))
        if found.failed and found.findings[MODEL.name]:
            found.blocked[MODEL.name] = RUNS.name
        _ask_for_a_witness(found, sheet)
    return _report(sheet, found)


def _ask_for_a_witness(found: Judged, sheet: Sheet) -> None:
    """Have what is a run's word alone wait for what bears it out.

    One cell can have all others do nothing, and show nothing or anything. So that a notebook runs, and what it draws,
    counts if outputs were saved with it, which are held against the run's; or if the model that it trains is good,
    which is found out by the arrays and by nobody's word. One whose outputs were cleared has the second.
    """
    few = any(finding.value == FEW for finding in found.findings[TRUTH.name])
    if not (few or found.never_run):
        return
    blocker = TRUTH.name if few else WAS_RUN.name
    if not few:
        found.blocked.setdefault(TRUTH.name, WAS_RUN.name)
    if sheet.problem.page.model is None or found.findings[MODEL.name] or MODEL.name in found.blocked:
        for check in (RUNS, FIGURES):
            if check in sheet.checks and not found.findings[check.name]:
                found.blocked.setdefault(check.name, blocker)


def _model(sheet: Sheet, values: Mapping[str, Array], places: Mapping[str, str], seed: Seed) -> Iterator[Finding]:
    """What is found of the trained model, recomputed from what it is made of."""
    problem, model = sheet.problem, sheet.problem.page.model
    if model is None:
        return
    for wanted in model.wanted:
        if wanted not in values:
            message = f"after {places[wanted]} there is no array `{wanted}`; keep the names as given"
            yield Finding(Code.STRUCTURE, wanted, message)
            return
        if not np.all(np.isfinite(values[wanted])):
            yield Finding(Code.DIVERGED, wanted, f"`{wanted}` holds NaN or infinity: the training has diverged")
            return
    found = {wanted: values[wanted] for wanted in model.wanted}
    yield from judged_by(asking(problem, model, seed), found, sheet.trained, "`trained_model`", problem.folder)


def asking(problem: Problem, model: Model, seed: Seed) -> Ask:
    """The judge of a trained model, by its arrays alone."""
    return lambda arrays: model.judge(arrays, problem.files.data, generator(seed.of_draw(problem.id, MODEL.name, 0)))


def _report(sheet: Sheet, found: Judged) -> ProblemReport:
    checks = sheet.checks
    whole = sum(check.share for check in checks)
    verdicts = [_verdict(check, found, sheet.problem.notebook_points * check.share / whole) for check in checks]
    return ProblemReport.of(sheet.problem.notebook_id, tuple(_earned(verdicts)), sheet.problem.course)


def _verdict(check: NotebookCheck, found: Judged, points: float) -> Verdict:
    findings: Collection[Finding] = found.findings.get(check.name, ())
    ordered = sorted(findings, key=lambda finding: codes.PRECEDENCE.index(finding.code))
    code = codes.most_severe(finding.code for finding in ordered)
    shown = [finding.message for finding in ordered[:MAX_FINDINGS]]
    if len(ordered) > MAX_FINDINGS:
        shown.append(f"and {len(ordered) - MAX_FINDINGS} more")
    blocker = found.blocked.get(check.name) if code not in codes.FAULTS_OF_OURS else None
    if blocker:
        code = codes.most_severe(finding.code for finding in found.findings.get(blocker, ()))
        shown = [f"not judged: fix `{blocker}` first"]
    elif code == Code.SUCCESS:
        shown = found.notes.get(check.name, [])
    return Verdict.of(check.name, check.title, code, points, "\n".join(shown), blocked_by=blocker)


def _earned(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """The verdicts; to hand in what was handed out is worth nothing alone."""
    first, *others = verdicts
    if first.code == Code.SUCCESS and not any(verdict.points for verdict in others):
        message = "counts as soon as another check of the notebook passes"
        # Where one of these is pending, so is this: it isn't known yet.
        blocker = next((verdict for verdict in others if verdict.pending), others[0])
        pending = first.max_points if blocker.pending else 0.0
        first = msgspec.structs.replace(first, points=0.0, pending=pending, message=message, blocked_by=blocker.check)
    yield from (first, *others)
