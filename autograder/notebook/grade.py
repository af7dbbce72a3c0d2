"""The report on a notebook, and the run of the reference's notebook, made once before a class is graded.

``grade_apart`` has a student's notebook read and compared in a reader. ``grade_notebook`` reads it in this process,
which is for one's own notebook. Both get the function that makes the run as an argument.

A student's model is judged by ``model.py``. If that fails on a student's arrays, it is tried on the arrays of the
reference's notebook. So it is known whose fault the failure is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import msgspec
import numpy as np

from autograder import codes
from autograder.authoring import Finding, generator
from autograder.codes import Code
from autograder.course.problem import CourseError, Model, Problem, source, without_markers
from autograder.expected import Answers
from autograder.grading import Ask, Found, conclude, conclude_alike, own_lines, said_of, tried, verdicts_on
from autograder.grading import judged as judged_by
from autograder.notebook import load_kernel
from autograder.notebook.alignment import arrange, as_notebook
from autograder.notebook.checks import (
    FIGURES,
    MAX_ENDED,
    MODEL,
    RUNS,
    THE_NOTEBOOK,
    WAS_RUN,
    Judged,
    Rubric,
    RunAsked,
    RunCells,
    execute,
    judge,
    judged,
)
from autograder.notebook.document import FILL, MAX_CELLS, MAX_SOURCES, read
from autograder.notebook.figures import asked_of, has_its_figures
from autograder.report import ProblemReport
from autograder.sandbox.observe import Answer, Budget, OurFaultError, ReaderError, Sandbox
from autograder.seed import Seed
from autograder.submissions.selection import used_by_notebook
from autograder.submissions.unpack import MAX_ATTACHMENT_BYTES
from autograder.wire import Array, Observation, parts
from autograder.worker.job import ANSWER, FILE, Content, NotebookJob, compiled, entry_point

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

    `files` are the others of the submission, `seed` is that of the held-out data, and `misnamed` the fault of the name
    that the notebook was handed in under, or "".
    """
    values: dict[str, Array] = {}
    probed: list[Observation] = []
    used = {name: files[name] for name in used_by_notebook(rubric.problem.module_file, content, files)}
    run_cells = _recorded(run_job, rubric, content, used, seed, values, probed)
    task = rubric.task(has_module=rubric.problem.module_file in used)
    found = judged(run_cells, task, rubric.released, content)
    return _concluded(rubric, found, values, probed, seed, misnamed)


def grade_apart(
    sandbox: Sandbox,
    rubric: Rubric,
    content: bytes | Content,
    files: Mapping[str, bytes | Content],
    seed: Seed,
    misnamed: str = "",
) -> ProblemReport:
    """Grade a notebook that is read and compared in a reader; OurFaultError if we are at fault that it can't be.

    Parameters are those of :func:`grade_notebook`; `files` are laid beside the notebook for its run.
    """
    problem, values, probed = rubric.problem, dict[str, Array](), list[Observation]()
    run_cells = _recorded(sandbox.run_cells, rubric, content, files, seed, values, probed)
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
        "task": msgspec.msgpack.encode(rubric.task(has_module=problem.module_file in files)),
        "released": problem.released_notebook.read_bytes(),
        "notebook": content,
    }
    try:
        told = b"".join(_bounded(sandbox.call(judge, given, problem.limits, answer)))
    except ReaderError as error:
        why = f"{problem.notebook_file} could not be read and compared: {error}; show less, run it again"
        return unjudged_notebook(rubric, Code.DIED, why)
    return _concluded(rubric, _checked(rubric, _decoded(told, Judged)), values, probed, seed, misnamed)


def unjudged_notebook(rubric: Rubric, code: Code, message: str, reason: str = "") -> ProblemReport:
    """Report that there is nothing to judge: the same verdict for every check."""
    problem = rubric.problem
    return ProblemReport.of(problem.notebook_id, conclude_alike(rubric.checks, code, message, reason), problem.course)


def beside(
    run_job: RunJob,
    problem: Problem,
    files: Mapping[str, bytes | Content],
    draws: Sequence[tuple[str, int, int]] = (),
) -> RunCells:
    """Make a function that runs cells, and then draws of probes, beside a student's files, by name.

    All runs share the notebook's budget.
    """
    budget = Budget.of_notebook(problem.limits)
    return lambda cells, wanted: run_job(problem, job_of(problem, files, cells, wanted, draws), budget)


def job_of(
    problem: Problem,
    files: Mapping[str, bytes | Content],
    cells: Sequence[tuple[str, str]],
    wanted: Sequence[tuple[str, int]] = (),
    draws: Sequence[tuple[str, int, int]] = (),
) -> NotebookJob:
    """Make the job of running labelled cells beside files; the handed-out modules and the README are added."""
    readme = problem.released_readme
    page = problem.page.text if draws else ""
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
        page=page,
        draws=tuple(draws),
        compiled=compiled(page),
    )


@dataclass(frozen=True)
class ReferenceRun:
    """The arrays that the reference's notebook trains, and the notebook with its outputs: a right submission."""

    answers: Answers
    content: bytes


def run_reference(run_job: RunJob, rubric: Rubric) -> ReferenceRun:
    """Run the reference's notebook as a student's is run; CourseError if a cell, a figure or the model fails."""
    problem, notebook = rubric.problem, filled(rubric.problem)
    arrangement = arrange(read(json.dumps(notebook).encode(), problem.notebook_file), rubric.released)
    steps = arrangement.steps
    run_cells = beside(run_job, problem, problem.reference.files)
    seen: list[Observation] = []

    def recorded(*asked: Any) -> Iterator[Observation]:
        for observation in run_cells(*asked):
            seen.append(observation)
            yield observation

    execution = execute(recorded, problem.limits, arrangement.code, asked_of(steps, rubric.wanted, rubric.figures))
    for place, shown in execution.cells.items():
        if shown.ending != "returned":
            why = f"{said_of(shown.failure)}{own_lines(shown.failure) if shown.failure else ''}"
            where = f"{problem.folder / 'notebook.py'}, {steps[place].place}"
            raise CourseError(f"{where}: the reference's notebook fails: {why}")
    for finding in has_its_figures(rubric.figures, steps, execution.outputs, execution.values):
        raise CourseError(f"{problem.folder / 'figures.toml'}: the reference's notebook lacks it: {finding.message}")
    for what in rubric.wanted:
        if what not in execution.values or not np.all(np.isfinite(execution.values[what])):
            lacks = "the reference's notebook has no array of finite numbers of that name"
            raise CourseError(f"{problem.folder / 'model.py'}: WANTED names `{what}`; {lacks}")
    trained = {what: execution.values[what] for what in rubric.wanted}
    answers = Answers({(MODEL, 0): Observation(MODEL, 0, "returned", trained)})
    return ReferenceRun(answers, with_outputs(notebook, seen))


def see_model(rubric: Rubric, seed: Seed) -> None:
    """Check that ``model.py`` accepts what the reference's notebook trains; CourseError if not."""
    model, trained = rubric.problem.page.model, rubric.trained
    if model and trained is not None:
        ask, path = _asking(rubric.problem, model, seed), rubric.problem.folder / "model.py"
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


def with_outputs(notebook: Mapping[str, Any], seen: Sequence[Observation]) -> bytes:
    """Serialize a notebook, given as JSON, with the outputs of each of its code cells."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, (cell, observation) in enumerate(zip(code, seen, strict=False), 1):
        raw = observation.values["outputs"]
        outputs = json.loads(raw.tobytes())["outputs"] if isinstance(raw, np.ndarray) else []
        if "\ncheck(" in "\n" + "".join(cell["source"]):
            # A run of ours shows no verdict; a student's kernel did.
            data = {"text/plain": "checked"}
            outputs = [{"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}}]
        cell |= {"execution_count": count, "outputs": outputs}
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n".encode()


def _recorded(
    run_job: RunJob,
    rubric: Rubric,
    content: bytes | Content,
    files: Mapping[str, bytes | Content],
    seed: Seed,
    values: dict[str, Array],
    probed: list[Observation],
) -> RunCells:
    """Make the function that runs cells, keeps the model's arrays and the probes' observations, and tells the rest."""
    drawn = {figure.file for figure in rubric.figures}
    laid = {name: one for name, one in files.items() if name not in drawn}
    if len(content) <= MAX_ATTACHMENT_BYTES:
        laid[rubric.problem.notebook_file] = content
    part = rubric.problem.in_notebook
    pairs = [(check.name, draw) for check in part.checks for draw in range(check.draws)]
    draws = [(*pair, seed.of_draw(part.id, *pair)) for pair in pairs]
    run_cells = beside(run_job, rubric.problem, laid, draws)

    def kept(cells: Sequence[tuple[str, str]], wanted: Sequence[tuple[str, int]]) -> Iterator[Observation]:
        # Only a run that comes to the end of the cells has any; it is the last that a reader has reason to ask for.
        probed.clear()
        for place, observation in enumerate(run_cells(cells, wanted)):
            if place > len(cells):
                probed.append(observation)
                continue
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
    names = {check.name for check in rubric.table}
    for findings in (*found.findings.values(), [found.refused] if found.refused else []):
        for finding in findings:
            if finding.code not in codes.PRECEDENCE:
                raise OurFaultError(f"a reader found what there can't be: {finding.code}, {finding.message[:100]}")
    found.findings = {name: findings for name, findings in found.findings.items() if name in names}
    # A check without an entry would pass.
    if not found.refused and (missing := names - found.findings.keys() - {MODEL}):
        raise OurFaultError(f"a reader says nothing of {', '.join(sorted(missing))}")
    return found


def _concluded(
    rubric: Rubric,
    found: Judged,
    values: Mapping[str, Array],
    probed: Sequence[Observation],
    seed: Seed,
    misnamed: str,
) -> ProblemReport:
    if found.refused:
        return unjudged_notebook(rubric, Code(found.refused.code), found.refused.message, found.reason)
    findings = found.findings
    if misnamed:
        findings[THE_NOTEBOOK].insert(0, Finding(Code.STRUCTURE, "name", f"{misnamed}; it was graded all the same"))
    findings[MODEL] = findings.get(MODEL) or [*_model(rubric, values, seed)]
    if probed:
        of_probes = verdicts_on(rubric.problem.in_notebook, rubric.probes, probed, rubric.answers or Answers({}), seed)
    else:
        # The cells were not run to their end; the reason is that of `runs`.
        not_run = findings[RUNS] or [Finding(Code.FAULTY_GRADER, "", "its functions were not tried")]
        of_probes = conclude(rubric.probes, {check.name: Found(not_run) for check in rubric.probes})
    blocked = _unearned(rubric, found, works=any(verdict.points for verdict in of_probes))
    evidence = {name: Found(some, blocked_by=blocked.get(name)) for name, some in findings.items()}
    verdicts = (*conclude(rubric.table, evidence), *of_probes)
    return ProblemReport.of(rubric.problem.notebook_id, verdicts, rubric.problem.course, found.stale)


def _unearned(rubric: Rubric, found: Judged, *, works: bool) -> dict[str, str]:
    """Map checks that earn nothing, although nothing is wrong with them, to the check that must pass first.

    The student's code decides what its run shows. So running, and drawing, earn points only where outputs were saved,
    or the model is good by its arrays; and the given cells only where something else earns points, which a
    function that ``works`` does.
    """
    names = [check.name for check in rubric.table]
    wrong = [name for name in names if found.findings[name]]
    bare = found.bare and (MODEL in wrong or MODEL not in names)
    blocked = {name: WAS_RUN for name in names if bare and name in {RUNS, FIGURES} - {*wrong}}
    if not works and THE_NOTEBOOK not in wrong and {*wrong, *blocked} >= {*names} - {THE_NOTEBOOK}:
        # If one of them is pending, so is this.
        wrong.sort(key=lambda name: not any(one.code in codes.FAULTS_OF_OURS for one in found.findings[name]))
        blocked[THE_NOTEBOOK] = wrong[0]
    return blocked


def _asking(problem: Problem, model: Model, seed: Seed) -> Ask:
    return lambda arrays: model.judge(arrays, problem.files.data, generator(seed.of_draw(problem.id, MODEL, 0)))


def _model(rubric: Rubric, values: Mapping[str, Array], seed: Seed) -> Iterator[Finding]:
    problem, model = rubric.problem, rubric.problem.page.model
    if model is None:
        return
    for wanted in model.wanted:
        if wanted not in values:
            message = f"after the given cells there is no array `{wanted}`; keep the names as given"
            yield Finding(Code.STRUCTURE, wanted, message)
            return
        if not np.all(np.isfinite(values[wanted])):
            yield Finding(Code.DIVERGED, wanted, f"`{wanted}` holds NaN or infinity: the training has diverged")
            return
    found = {wanted: values[wanted] for wanted in model.wanted}
    yield from judged_by(_asking(problem, model, seed), found, rubric.trained, "`trained_model`", problem.folder)
