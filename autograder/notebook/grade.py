"""The report on a notebook: a reader's findings, and the verdict on the model that it trains.

``grade_apart`` has a student's notebook read and compared in a reader. ``grade_notebook`` reads it in this process,
which is for one's own notebook. Both get the function that makes the run as an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
import numpy as np

from autograder import codes
from autograder.authoring import Finding, generator
from autograder.codes import Code
from autograder.course.problem import Model, Problem
from autograder.grading import Ask, Found, conclude, conclude_alike
from autograder.grading import judged as judged_by
from autograder.notebook.checks import (
    FIGURES,
    MODEL,
    RUNS,
    THE_NOTEBOOK,
    WAS_RUN,
    Judged,
    Rubric,
    RunAsked,
    judge,
    judged,
)
from autograder.notebook.document import MAX_CELLS, MAX_SOURCES
from autograder.notebook.execution import MAX_ENDED, RunCells, beside
from autograder.report import ProblemReport, Verdict
from autograder.sandbox.observe import Answer, Budget, OurFaultError, ReaderError, Sandbox
from autograder.seed import Seed
from autograder.submissions.attachments import MAX_FILE_BYTES, used_by_notebook
from autograder.wire import Array, Observation, parts
from autograder.worker.job import ANSWER, FILE, Content, NotebookJob

RunJob = Callable[[Problem, NotebookJob, Budget], Iterable[Observation]]
Told = TypeVar("Told", RunAsked, Judged)

# Most bytes of a reader's findings.
MAX_FOUND_BYTES = 4 << 20


def grade_notebook(
    run_job: RunJob,
    rubric: Rubric,
    content: bytes,
    files: Mapping[str, bytes],
    seed: Seed,
    misnamed: str = "",
) -> ProblemReport:
    """Grade a notebook that is read in this process: one's own, or a known one.

    Parameters
    ----------
    run_job : callable
        ``Sandbox.run_cells``, or a fake.
    content : bytes
        The notebook, as it was handed in.
    files : mapping of str to bytes
        The other files of the submission, by name.
    seed : Seed
        The seed of the held-out data.
    misnamed : str
        The fault of the name that it was handed in under; "" if there is none.
    """
    values: dict[str, Array] = {}
    used = beside_it(rubric.problem, content, files)
    run_cells = _runs(run_job, rubric, content, used, values)
    task = rubric.task(has_module=rubric.problem.module_file in used, misnamed=misnamed)
    return _concluded(rubric, judged(run_cells, task, rubric.released, content), values, seed)


def grade_apart(
    sandbox: Sandbox,
    rubric: Rubric,
    content: bytes | Content,
    files: Mapping[str, bytes | Content],
    seed: Seed,
    misnamed: str = "",
) -> ProblemReport:
    """Grade a notebook that is read and compared in a reader.

    Parameters are those of :func:`grade_notebook`; `files` are laid beside the notebook for its run.

    Raises
    ------
    OurFaultError
        If it could not be judged, and that is our fault.
    """
    problem, limits = rubric.problem, rubric.problem.limits
    values: dict[str, Array] = {}
    run_cells = _runs(sandbox.run_cells, rubric, content, files, values)
    runs = 0

    def answer(question: bytes) -> Iterator[Answer]:
        nonlocal runs
        runs += 1
        asked = _decoded(question, RunAsked)
        texts = sum(len(text) for pair in (*asked.cells, *asked.wanted) for text in pair if isinstance(text, str))
        # An honest reader asks for one, and for another for each cell that ends it.
        if runs > MAX_ENDED + 1 or len(asked.cells) > 2 * MAX_CELLS or texts > 2 * MAX_SOURCES:
            raise OurFaultError("a reader asks for more than a notebook can need")
        for observation in run_cells(asked.cells, asked.wanted):
            yield parts(observation), None
        yield (), None

    given = {
        "task": msgspec.msgpack.encode(rubric.task(has_module=problem.module_file in files, misnamed=misnamed)),
        "released": problem.released_notebook.read_bytes(),
        "notebook": content,
    }
    try:
        told = b"".join(_bounded(sandbox.call(judge, given, limits, answer)))
    except ReaderError as error:
        why = f"{problem.notebook_file} could not be read and compared: {error}; show less, run it again"
        return unjudged_notebook(rubric, Code.DIED, why)
    return _concluded(rubric, _checked(rubric, _decoded(told, Judged)), values, seed)


def unjudged_notebook(rubric: Rubric, code: Code, message: str) -> ProblemReport:
    """Report that there is nothing to judge: the same verdict for every check."""
    problem = rubric.problem
    return ProblemReport.of(problem.notebook_id, conclude_alike(rubric.checks, code, message), problem.course)


def beside_it(problem: Problem, content: bytes, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Select the files for a notebook's run: its module, those that it or they name, and small files they name."""
    return {name: files[name] for name in used_by_notebook(problem.module_file, content, files)}


def asking(problem: Problem, model: Model, seed: Seed) -> Ask:
    """Make the function that judges a trained model by its arrays alone."""
    return lambda arrays: model.judge(arrays, problem.files.data, generator(seed.of_draw(problem.id, MODEL, 0)))


def _runs(
    run_job: RunJob,
    rubric: Rubric,
    content: bytes | Content,
    files: Mapping[str, bytes | Content],
    values: dict[str, Array],
) -> RunCells:
    drawn = {figure.file for figure in rubric.figures}
    laid = {name: one for name, one in files.items() if name not in drawn}
    if len(content) <= MAX_FILE_BYTES:
        laid[rubric.problem.notebook_file] = content
    run_cells = beside(run_job, rubric.problem, laid)

    def kept(cells: Sequence[tuple[str, str]], wanted: Sequence[tuple[str, int]]) -> Iterator[Observation]:
        for observation in run_cells(cells, wanted):
            shown: dict[str, Array | str] = {}
            for name, value in observation.values.items():
                what = name.removeprefix(ANSWER)
                if name == what or what.startswith(FILE):
                    shown[name] = value
                elif observation.ending == "returned" and what in rubric.wanted and isinstance(value, np.ndarray):
                    values.setdefault(what, value)
            yield replace(observation, values=shown)

    return kept


def _decoded(content: bytes, kind: type[Told]) -> Told:
    try:
        return msgspec.msgpack.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise OurFaultError(f"a reader says what no reader says ({error})") from None


def _bounded(parts: Iterator[bytes]) -> Iterator[bytes]:
    room = MAX_FOUND_BYTES
    for part in parts:
        room -= len(part)
        if room < 0:
            raise ReaderError("more is wrong with it than can be told")
        yield part


def _checked(rubric: Rubric, found: Judged) -> Judged:
    names = {check.name for check in rubric.checks}
    for findings in (*found.findings.values(), [found.refused] if found.refused else []):
        for finding in findings:
            if finding.code not in codes.PRECEDENCE:
                raise OurFaultError(f"a reader found what there can't be: {finding.code}, {finding.message[:100]}")
    found.findings = {name: findings for name, findings in found.findings.items() if name in names}
    # A check without an entry would pass.
    if not found.refused and (missing := names - found.findings.keys() - {MODEL}):
        raise OurFaultError(f"a reader says nothing of {', '.join(sorted(missing))}")
    if not (found.refused or found.findings.get(MODEL)) and not found.places.keys() >= {*rubric.wanted}:
        raise OurFaultError("a reader says nothing of where a trained model was looked for")
    return found


def _concluded(rubric: Rubric, found: Judged, values: Mapping[str, Array], seed: Seed) -> ProblemReport:
    problem = rubric.problem
    if found.refused:
        return unjudged_notebook(rubric, Code(found.refused.code), found.refused.message)
    found.findings[MODEL] = found.findings.get(MODEL) or [*_model(rubric, values, found.places, seed)]
    blocked = _unproven(rubric, found)
    verdicts: tuple[Verdict, ...] = conclude(
        rubric.checks,
        {
            check.name: Found(
                found.findings[check.name],
                note=found.note if check.name == RUNS else "",
                blocked_by=blocked.get(check.name),
            )
            for check in rubric.checks
        },
    )
    return ProblemReport.of(problem.notebook_id, verdicts, problem.course, found.stale)


def _unproven(rubric: Rubric, found: Judged) -> dict[str, str]:
    """Map checks that earn nothing, although nothing is wrong with them, to the check that must pass first.

    One cell can disable all others and show anything. So a notebook earns points for running, and for its figures, only
    where outputs were saved with it, or where the model that it trains is good, as its arrays tell. Handing in only the
    released cells is worth nothing.
    """
    passed = {check.name for check in rubric.checks if not found.findings[check.name]}
    blocked = {}
    if found.bare and MODEL not in passed:
        blocked = {name: WAS_RUN for name in (RUNS, FIGURES) if name in passed}
    others = [check.name for check in rubric.checks if check.name != THE_NOTEBOOK]
    if THE_NOTEBOOK in passed and not passed - blocked.keys() - {THE_NOTEBOOK}:
        # If one of them is pending, so is this.
        ours = [name for name in others if any(one.code in codes.FAULTS_OF_OURS for one in found.findings[name])]
        blocked[THE_NOTEBOOK] = (ours or [name for name in others if name not in blocked])[0]
    return blocked


def _model(rubric: Rubric, values: Mapping[str, Array], places: Mapping[str, str], seed: Seed) -> Iterator[Finding]:
    problem, model = rubric.problem, rubric.problem.page.model
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
    yield from judged_by(asking(problem, model, seed), found, rubric.trained, "`trained_model`", problem.folder)
