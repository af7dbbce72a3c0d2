"""Grading: a class or one submission to reports, by a grader that holds the references' observations.

Whatever the size of the class, only a few submissions are in memory at a time. One thread reads them shortly before
they are graded, and stores and writes their reports. Running and judging, which take long, are done by an executor:
threads of this process (:mod:`autograder.gradebook.executors`), or a cluster (:mod:`autograder.cluster`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograder import codes
from autograder.codes import Code
from autograder.course.problem import CourseError, Implementation, Problem
from autograder.expected import Answers, observe_answers
from autograder.gradebook.dependencies import digest, of_problem
from autograder.gradebook.executors import Executor, Waits, Work, read_ahead, read_apart, sandboxes, threads
from autograder.gradebook.export import write_report, write_tables
from autograder.gradebook.store import STORE_FILE, Key, Store, see_room
from autograder.grading import grade, see_reference, see_steady, unjudged
from autograder.notebook.checks import Rubric, rubric_of
from autograder.notebook.grade import grade_apart, run_reference, see_model, unjudged_notebook
from autograder.report import NOT_ASKED_FOR, ProblemReport, Report
from autograder.sandbox.observe import OurFaultError, Sandbox, SandboxError
from autograder.sandbox.runs import exposed
from autograder.seed import Seed
from autograder.submissions.reading import HandedIn, Identities, content_of, digest_of, stem, student_name
from autograder.submissions.selection import Submission, is_module
from autograder.wire import Observation

# Packages that run notebooks and make the reference's; a student's own check needs none of them.
NOTEBOOKS_NEED = ("IPython", "matplotlib", "matplotlib_inline", "jupytext", "nbformat")


@dataclass(frozen=True)
class Graded:
    """The result of one problem of a submission, and what the module printed, by check."""

    report: ProblemReport
    # For staff alone, since a module may print the inputs of the official run.
    output: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grader:
    """Problems, in the order of the reports, and by their ids the references' observations and the seed of each.

    Attributes
    ----------
    digests : mapping of str to str
        Digests of what results depend on beside the submission, by problem id.
    weak : bool
        Grade even where student code can't be confined; each report's footer says so.
    footer : tuple of str
        The lines about the run in each report.
    rubrics : mapping of str to Rubric
        Those of the notebooks that are worth points, by problem id.
    """

    problems: tuple[Problem, ...]
    answers: Mapping[str, Answers]
    seeds: Mapping[str, Seed]
    digests: Mapping[str, str]
    weak: bool = False
    footer: tuple[str, ...] = ()
    rubrics: Mapping[str, Rubric] = field(default_factory=dict)

    def keys(self, submission: Submission) -> dict[str, Key]:
        """Map the ids of problems and notebooks to the keys of a submission's results, in the order of a report."""
        found = {}
        for problem, name, file in self._parts():
            used = {*submission.uses.get(file, ()), file} & submission.files.keys()
            said = repr((name, submission.refused, submission.problems.get(file, ""))).encode()
            files = digest([("", said), *((one, digest_of(submission.files, one).encode()) for one in sorted(used))])
            found[name] = Key(files, self.digests[problem.id])
        return found

    def graded(self, sandbox: Sandbox, submission: Submission, ids: Collection[str]) -> tuple[Graded, ...]:
        """Grade a submission in the problems and notebooks with these ids; no submission makes this raise."""
        return tuple(self._graded(sandbox, submission, *part) for part in self._parts() if part[1] in ids)

    def unjudged(self, name: str, code: Code, message: str, reason: str = "") -> Graded:
        """Make the result of the problem or notebook with this id, where nothing could be run."""
        problem = next(problem for problem, known, _ in self._parts() if known == name)
        if name == problem.notebook_id:
            return Graded(unjudged_notebook(self.rubrics[problem.id], code, message, reason))
        return Graded(unjudged(problem, code, message, reason))

    def _parts(self) -> Iterator[tuple[Problem, str, str]]:
        for problem in self.problems:
            yield problem, problem.id, problem.module_file
            if problem.id in self.rubrics:
                yield problem, problem.notebook_id, problem.notebook_file

    def _graded(self, sandbox: Sandbox, submission: Submission, problem: Problem, name: str, file: str) -> Graded:
        for code, why in submission.unread:
            return self.unjudged(name, code, why)
        said = submission.refused or submission.problems.get(file, "")
        is_notebook = name == problem.notebook_id
        if file not in submission.files or (said and not is_notebook):
            why = said or f"{file} was not handed in; hand in a file of that name"
            known = ("refused", "") if submission.refused else ("missing", file)
            return self.unjudged(name, Code.MISSING, why, submission.reasons.get(known[1], known[0]))
        try:
            files, used = submission.files, submission.uses[file]
            if not is_notebook:
                return self._module(sandbox, {one: files[one] for one in used}, problem)
            # A module as bytes, since its names are searched; another file in parts.
            beside = {one: files[one] if is_module(one) else content_of(files, one) for one in used}
            rubric, seed = self.rubrics[problem.id], self.seeds[problem.id]
            return Graded(grade_apart(sandbox, rubric, content_of(files, file), beside, seed, said))
        except OurFaultError as error:
            return self.unjudged(name, error.code, f"{file} could not be judged: {error}")
        except Exception as error:  # noqa: BLE001  ours, whatever it is: this student loses nothing, the others go on
            return self.unjudged(name, Code.FAULTY_GRADER, f"the grader failed: {type(error).__name__}: {error}")

    def _module(self, sandbox: Sandbox, files: Mapping[str, bytes], problem: Problem) -> Graded:
        printed: dict[str, str] = {}

        def observe(*asked: Any) -> Sequence[Observation]:
            seen = sandbox.observe(*asked)
            for one in seen:
                printed[one.check] = printed.get(one.check, "") + one.output
            return seen

        answers, seed = self.answers[problem.id], self.seeds[problem.id]
        report = grade(observe, problem, Implementation(files), answers, seed)
        return Graded(report, {check: text for check, text in printed.items() if text})


def grade_class(
    grader: Grader,
    handed_in: Sequence[HandedIn],
    out: Path,
    executor: Executor | None = None,
    *,
    workers: int = 1,
    force: bool = False,
    opened: Store | None = None,
    waits: Waits = lambda _: None,
) -> Generator[Report, None, None]:
    """Grade a class: an iterator of reports, in order of completion, as :func:`autograder.grade_class` has it.

    Parameters
    ----------
    executor : callable, optional
        Grades submissions; by default, ``workers`` threads of this process.
    opened : Store, optional
        The store in ``out``, if it is open already.
    """
    with nullcontext(opened) if opened else Store(out / STORE_FILE) as store:
        assignments = tuple(dict.fromkeys(problem.assignment for problem in grader.problems))
        run = store.begin(assignments, grader.footer)

        def works() -> Iterator[Work]:
            for position, submission in submissions:
                keys = grader.keys(submission)
                known = {
                    name: report for name, key in keys.items() if not force and (report := store.find(key)) is not None
                }
                yield Work(position, submission, keys, known, tuple(name for name in keys if name not in known))

        executor = executor or threads(grader, workers, waits)
        # Closed at once, also after Ctrl-C or a failed write: no further submission is begun.
        submissions = read_ahead(handed_in, grader.problems, _solutions(grader), workers, waits, weak=grader.weak)
        with closing(submissions), closing(executor(works())) as finished:
            for work, found in finished:
                if any(one.report.code == Code.NO_SANDBOX for one in found):
                    see_room()
                report = _store(store, run, work, found, grader.footer)
                write_report(report, out)
                yield report
        store.finish(run)
        write_tables(store, run, assignments, out)


def prepare(
    problems: Sequence[Problem],
    seed: Seed | None,
    workers: int,
    *,
    weak: bool = False,
    private: Sequence[Path] = (),
    lacks: Sequence[str] | None = None,
    store: Store | None = None,
    trained: Mapping[str, Answers] = MappingProxyType({}),
    done: Callable[[Problem], object] = lambda _: None,
) -> Grader:
    """Prepare a grader: observe the reference and the known mistakes of each problem, ``workers`` problems at a time.

    Staff's predicates are tried on the reference, so that a mistake in them is found before a student is graded.

    Parameters
    ----------
    seed : Seed, optional
        The seed of all problems; by default, each problem's own.
    private : sequence of Path
        Folders that no run may see, beside the problems'.
    lacks : sequence of str, optional
        Guarantees not enforced where student code will run, a clause each; by default, those of this machine.
    trained : mapping of str to Answers
        Answers from references' notebooks that were run already, by problem id.

    Raises
    ------
    SandboxError, CourseError
        If student code can't be confined, and ``weak`` does not allow that; if the reference can't be observed.
    """
    for problem in problems:
        needed = (*problem.allowed_imports, *(NOTEBOOKS_NEED if problem.notebook_points else ()))
        if absent := sorted({name for name in needed if not find_spec(name)}):
            raise CourseError(
                f"{problem.id}: {', '.join(absent)} must be installed here, for students may import it or its notebook "
                f"is run with it: install it, or change {problem.folder.parent / 'assignment.toml'}"
            )
    lacks = _lacks(problems, private) if lacks is None else lacks
    if lacks and not weak:
        raise SandboxError(
            f"student code can't be confined on this machine: {'; '.join(lacks)}. `autograder doctor` says how to get "
            "the rest; --weak-sandbox grades all the same"
        )
    footer = tuple(f"this run was not fully confined: {clause}" for clause in lacks)
    seeds = {problem.id: problem.seed if seed is None else seed for problem in problems}
    digests = {problem.id: of_problem(problem, seeds[problem.id], footer) for problem in problems}
    released = {problem.id: rubric_of(problem) for problem in problems if problem.notebook_points}
    # Weak: all code here is staff's own, whatever this machine enforces.
    with sandboxes(workers, weak=True) as (pool, sandbox):

        def kept(digest: str, make: Callable[[], Answers]) -> Answers:
            known = store.answers(digest) if store else None
            answers = known or make()
            if store and not known and not answers.faulty:
                store.keep_answers(digest, answers)
            return answers

        def observed(problem: Problem, seed: Seed) -> Answers:
            answers = observe_answers(sandbox().observe, problem, seed)
            for part in problem.parts:
                see_steady(sandbox().observe, part, answers, seed)
            return answers

        def one(problem: Problem) -> tuple[Answers, Rubric | None]:
            seed, rubric = seeds[problem.id], released.get(problem.id)
            answers = kept(digests[problem.id], lambda: observed(problem, seed))
            for part in problem.parts:
                see_reference(part, answers.reference, seed)
            if rubric:
                run, key = trained.get(problem.id), f"{digests[problem.id]} {problem.notebook_id}"
                ran = kept(key, lambda: run or run_reference(sandbox().run_cells, released[problem.id]).answers)
                own = answers.of({check.name for check in rubric.probes})
                rubric = replace(rubric, answers=Answers({**ran.reference, **own.reference}, own.mistakes))
                see_model(rubric, seed)
            done(problem)
            return answers, rubric

        found = list(zip(problems, pool.map(one, problems), strict=True))
    answers = {problem.id: answers for problem, (answers, _) in found}
    rubrics = {problem.id: rubric for problem, (_, rubric) in found if rubric}
    return Grader(tuple(problems), answers, seeds, digests, weak, footer, rubrics)


def _lacks(problems: Sequence[Problem], private: Sequence[Path]) -> tuple[str, ...]:
    kept = dict.fromkeys((*(problem.folder for problem in problems), *private))
    data = {path.parent for problem in problems for path in problem.files.data.values()}
    with Sandbox() as sandbox:
        enforced = sandbox.enforced()
    return (
        *enforced.lacks,
        *(f"it may read {path}, in a folder that runs see: keep it elsewhere" for path in exposed(kept, data)),
    )


def grade_submission(grader: Grader, path: Path) -> Report:
    """Grade one submission, a folder or an archive, to a report; nothing is stored or written."""
    with sandboxes(1, weak=grader.weak) as (_, sandbox):
        handed = HandedIn(student_name(stem(path)), path)
        submission = read_apart(sandbox(), handed, grader.problems, _solutions(grader))
        found = grader.graded(sandbox(), submission, tuple(grader.keys(submission)))
    return _report(submission, (one.report for one in found), grader.footer)


def _store(store: Store, run: int, work: Work, found: Iterable[Graded], footer: Iterable[str]) -> Report:
    known = work.known | {one.report.problem: one.report for one in found}
    report = _report(work.submission, (known[name] for name in work.keys), footer)
    # The key of a pending result is the student's own, so that it is tried again.
    keys = [
        replace(key, pending=report.student) if problem.code in codes.FAULTS_OF_OURS else key
        for key, problem in zip(work.keys.values(), report.problems, strict=True)
    ]
    store.file(run, work.position, report, keys, {one.report.problem: one.output for one in found})
    return report


def _report(submission: Submission, problems: Iterable[ProblemReport], footer: Iterable[str]) -> Report:
    notes = [*filter(None, [submission.refused]), *submission.problems.values()]
    if submission.extra:
        notes.append(f"{NOT_ASKED_FOR}{', '.join(submission.extra)}")
    return Report.of(submission.student, tuple(problems), notes, footer)


def _solutions(grader: Grader) -> Identities:
    """Identify the problems' files: a hard link to one, among the submissions, would be a right answer."""
    files = (path for problem in grader.problems for path in problem.folder.rglob("*") if path.is_file())
    return frozenset((path.stat().st_dev, path.stat().st_ino) for path in files)
