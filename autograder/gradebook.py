"""All reports of a class: submissions in, ``report.json``, ``report.txt`` and ``grades.csv`` out.

Whatever the size of the class, a few submissions at a time are in memory: they are read when it is their turn, and
their reports are filed in the store. All of that is one thread's work; what takes long, running and judging a
submission, is done at *desks*: threads of this process, or the workers of a cluster (:mod:`autograder.cluster`).
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder import codes
from autograder.answers import Answers, observe_answers
from autograder.grade import grade, unjudged
from autograder.notebook.execution import execute
from autograder.notebook.grade import Sheet, grade_notebook, modules_of, sheet_of, unjudged_notebook
from autograder.problem import CourseError, Implementation, Problem
from autograder.process import exposed
from autograder.report import ProblemReport, Report, as_json, as_text, shown
from autograder.sandbox import Sandbox, SandboxError
from autograder.store import STORE_FILE, Key, Store, StoreError, files_digest, notebook_digest, problem_digest
from autograder.submissions import HandedIn, Submission
from autograder.wire import Observation

GRADES_FILE = "grades.csv"

# What a notebook is run with; a student's own check needs none of it.
NOTEBOOKS_NEED = ("IPython", "matplotlib_inline")

# A spreadsheet takes a cell that begins with one of these for a formula; some do so with the wide forms, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Grader:
    """Problems, the seed each is graded on, and what the references give there.

    Attributes
    ----------
    problems : tuple of Problem
        In the order of the reports.
    answers : mapping of str to Answers
        By problem id.
    seeds : mapping of str to int
        By problem id.
    digests : mapping of str to str
        Of what results depend on, beside the submission; by the ids of problems and notebooks.
    weak : bool
        Grade even where student code can't be confined; each report's footer says so.
    footer : tuple of str
        What each report says of the run.
    sheets : mapping of str to Sheet
        What notebooks are graded by, where they are: by problem id.
    """

    problems: tuple[Problem, ...]
    answers: Mapping[str, Answers]
    seeds: Mapping[str, int]
    digests: Mapping[str, str]
    weak: bool = False
    footer: tuple[str, ...] = ()
    sheets: Mapping[str, Sheet] = field(default_factory=dict)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of the files that students hand in."""
        return tuple(name for problem in self.problems for name in (problem.module_file, problem.notebook_file))

    def keys(self, submission: Submission) -> dict[str, Key]:
        """What the results of a submission are filed under, by what a report calls them, in its order."""
        keys = {}
        for problem in self.problems:
            modules = Implementation.of(problem.module_file, submission.files).files
            keys[problem.id] = self._key(submission, problem.module_file, modules, self.digests[problem.id])
            if problem.id in self.sheets:
                name = problem.notebook_file
                content = submission.files.get(name)
                files = {} if content is None else modules_of(problem, content, submission.files) | {name: content}
                keys[problem.notebook_id] = self._key(submission, name, files, self.digests[problem.notebook_id])
        return keys

    def graded(self, sandbox: Sandbox, submission: Submission, ids: Collection[str]) -> tuple[Graded, ...]:
        """What comes of a submission in what has these ids; it fails for nothing that a student hands in."""
        found = []
        for problem in self.problems:
            if problem.id in ids:
                found.append(self._graded(sandbox, submission, problem))
            if problem.notebook_id in ids:
                found.append(Graded(self._notebook(sandbox, submission, problem)))
        return tuple(found)

    def unjudged(self, name: str, code: int, message: str) -> ProblemReport:
        """The report on what has this id, where nothing could be run."""
        for problem in self.problems:
            if problem.notebook_id == name:
                return unjudged_notebook(self.sheets[problem.id], code, message)
        return unjudged(next(problem for problem in self.problems if problem.id == name), code, message)

    def _key(self, submission: Submission, name: str, files: Mapping[str, bytes], digest: str) -> Key:
        own = {"": submission.refused.encode(), **files}
        if said := submission.problems.get(name):
            own[f"! {name}"] = said.encode()
        return Key(files_digest(own), digest)

    def _notebook(self, sandbox: Sandbox, submission: Submission, problem: Problem) -> ProblemReport:
        sheet, name = self.sheets[problem.id], problem.notebook_file
        if why := submission.refused or submission.problems.get(name):
            return unjudged_notebook(sheet, codes.MISSING, why)
        if name not in submission.files:
            return unjudged_notebook(sheet, codes.MISSING, f"{name} was not handed in; hand in a file of that name")
        try:
            run = partial(execute, sandbox.run_cells)
            return grade_notebook(run, sheet, submission.files[name], submission.files, self.seeds[problem.id])
        except Exception as error:  # noqa: BLE001  as above
            why = f"the grader failed: {type(error).__name__}: {error}"
            return unjudged_notebook(sheet, codes.FAULTY_GRADER, why)

    def _graded(self, sandbox: Sandbox, submission: Submission, problem: Problem) -> Graded:
        printed: dict[str, str] = {}

        def observe(*asked: Any) -> Sequence[Observation]:
            seen = sandbox.observe(*asked)
            for one in seen:
                if one.output:
                    printed[one.check] = printed.get(one.check, "") + one.output
            return seen

        name = problem.module_file
        if submission.refused:
            return Graded(unjudged(problem, codes.MISSING, submission.refused))
        if name in submission.problems:
            return Graded(unjudged(problem, codes.MISSING, submission.problems[name]))
        if name not in submission.files:
            return Graded(unjudged(problem, codes.MISSING, f"{name} was not handed in; hand in a file of that name"))
        try:
            implementation = Implementation.of(name, submission.files)
            report = grade(observe, problem, implementation, self.answers[problem.id], self.seeds[problem.id])
        except Exception as error:  # noqa: BLE001  ours, whatever it is: this student loses nothing, the others go on
            report = unjudged(problem, codes.FAULTY_GRADER, f"the grader failed: {type(error).__name__}: {error}")
        return Graded(report, printed)


@dataclass(frozen=True)
class Graded:
    """What came of one problem of a submission.

    Attributes
    ----------
    report : ProblemReport
    printed : mapping of str to str
        What the module printed, by check. It is for staff: whoever prints the inputs of the hidden seed is not to read
        them.
    """

    report: ProblemReport
    printed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """A submission that is to be graded.

    Attributes
    ----------
    position : int
        In the class.
    submission : Submission
    keys : mapping of str to Key
        What the results are filed under, by the ids of problems and notebooks.
    known : mapping of str to ProblemReport
        The results that are there already, by id.
    ids : tuple of str
        What is left.
    """

    position: int
    submission: Submission
    keys: Mapping[str, Key]
    known: Mapping[str, ProblemReport]
    ids: tuple[str, ...]


Finished = Generator[tuple[Work, tuple[Graded, ...]], None, None]

# Grades work and hands it back as it is finished, in whatever order. Takes a little more than is being graded, in the
# thread of whoever asks; when it is closed, it gives up what has not been begun.
Desks = Callable[[Iterable[Work]], Finished]


def threads(grader: Grader, workers: int) -> Desks:
    """Desks in this process: so many threads, each with a sandbox of its own."""

    def desks(work: Iterable[Work]) -> Finished:
        with sandboxes(weak=grader.weak) as sandbox, ThreadPoolExecutor(workers) as pool:

            def one(piece: Work) -> tuple[Graded, ...]:
                return grader.graded(sandbox(), piece.submission, piece.ids)

            running: dict[Future[tuple[Graded, ...]], Work] = {}

            def finished() -> Finished:
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(ready, key=lambda future: running[future].position):
                    yield running.pop(future), future.result()

            try:
                for piece in work:
                    running[pool.submit(one, piece)] = piece
                    if len(running) >= 2 * workers:
                        yield from finished()
                while running:
                    yield from finished()
            finally:
                for future in running:
                    future.cancel()

    return desks


def prepare(
    problems: Sequence[Problem],
    seed: int | None,
    workers: int,
    *,
    weak: bool = False,
    private: Sequence[Path] = (),
    lacks: Sequence[str] | None = None,
    store: Store | None = None,
    done: Callable[[Problem], None] = lambda _: None,
) -> Grader:
    """A grader, with the reference and the known mistakes of each problem observed, ``workers`` problems at a time.

    Parameters
    ----------
    private : sequence of Path
        What no run may see, beside the problems: the submissions and the reports.
    lacks : sequence of str, optional
        What is promised of student code and is not enforced where it will run, a clause each; on this machine by
        default.
    store : Store, optional
        Where answers of an earlier run are found, and these are kept.
    done : callable
        Told of each problem whose answers are there.

    Raises
    ------
    SandboxError
        If student code can't be confined as promised, and ``weak`` does not allow that.
    CourseError
        If students may import a package that is not installed here, or a notebook that is worth points can't be run
        here or has not been released.
    """
    for problem in problems:
        if absent := sorted(name for name in problem.allowed_imports if not find_spec(name)):
            raise CourseError(
                f"{problem.id}: students may import {', '.join(absent)}, not installed here; "
                f"install it, or take it from allowed_imports in {problem.folder.parent / 'assignment.toml'}"
            )
        if problem.notebook_points and (absent := [name for name in NOTEBOOKS_NEED if not find_spec(name)]):
            raise CourseError(
                f"{problem.id}: its notebook is worth points, and to run notebooks {' and '.join(absent)} must be "
                "installed here: install the extra `staff`"
            )
    if lacks is None:
        lacks = _lacks(problems, private)
    if lacks and not weak:
        raise SandboxError(
            f"student code can't be confined on this machine: {'; '.join(lacks)}. `autograder doctor` says how to get "
            "the rest; --weak-sandbox grades all the same"
        )
    footer = tuple(f"this run was not fully confined: {clause}" for clause in lacks)
    seeds = {problem.id: problem.seed if seed is None else seed for problem in problems}
    digests = {problem.id: problem_digest(problem, seeds[problem.id], footer) for problem in problems}
    sheets = {problem.id: sheet_of(problem) for problem in problems if problem.notebook_points}
    for sheet in sheets.values():
        digest = notebook_digest(sheet.problem, seeds[sheet.problem.id], footer)
        digests[sheet.problem.notebook_id] = digest
    # Weak: what is run here is staff's own code, whatever this machine enforces.
    with sandboxes(weak=True) as sandbox, ThreadPoolExecutor(workers) as pool:

        def one(problem: Problem) -> Answers:
            known = store.answers(digests[problem.id]) if store else None
            answers = known or observe_answers(sandbox().observe, problem, seeds[problem.id])
            if store and not known and not answers.faulty:
                store.keep_answers(digests[problem.id], answers)
            done(problem)
            return answers

        answers = {problem.id: found for problem, found in zip(problems, pool.map(one, problems), strict=True)}
    return Grader(tuple(problems), answers, seeds, digests, weak, footer, sheets)


def _lacks(problems: Sequence[Problem], private: Sequence[Path]) -> tuple[str, ...]:
    """What is promised of student code and is not enforced on this machine, a clause each."""
    kept = dict.fromkeys((*(problem.folder for problem in problems), *private))
    data = {path.parent for problem in problems for path in problem.data.values()}
    return (
        *Sandbox().enforced().lacks,
        *(f"it may read {path}, in a folder that runs see: keep it elsewhere" for path in exposed(kept, data)),
    )


def grade_class(
    grader: Grader,
    handed_in: Sequence[HandedIn],
    out: Path,
    desks: Desks,
    done: Callable[[Report], None] = lambda _: None,
    *,
    force: bool = False,
) -> None:
    """Grade a class; each report is filed and written as soon as it is there.

    What the store already has a result for is not run again. A batch that was cut short therefore goes on where it was.

    Parameters
    ----------
    out : Path
        The folder for ``grades.csv``, the store, and a folder per student; made if need be.
    desks : callable
        Where submissions are graded: :func:`threads`, or a cluster.
    done : callable
        Told of each report, in the order they are finished.
    force : bool
        Run everything again.
    """
    with Store(out / STORE_FILE) as store:
        run = store.begin(grader.footer)
        # A second name of a solution, in the folder of submissions, would be a right answer.
        files = [path for problem in grader.problems for path in problem.folder.rglob("*") if path.is_file()]
        solutions = frozenset((path.stat().st_dev, path.stat().st_ino) for path in files)

        def file(work: Work, found: Iterable[Graded]) -> None:
            new = {one.report.problem: one for one in found}
            problems = tuple(new[name].report if name in new else work.known[name] for name in work.keys)
            report = Report.of(work.submission.student, problems, _notes(work.submission), grader.footer)
            for name, one in new.items():
                store.keep_printed(work.keys[name], one.printed)
            store.file(run, work.position, report, _kept(report, work.keys.values()))
            write_report(report, out)
            done(report)

        def waiting() -> Iterator[Work]:
            for position, handed in enumerate(handed_in):
                submission = handed.read(grader.wanted, solutions)
                keys = grader.keys(submission)
                known = {
                    name: report for name, key in keys.items() if not force and (report := store.find(key)) is not None
                }
                ids = tuple(name for name in keys if name not in known)
                work = Work(position, submission, keys, known, ids)
                if ids:
                    yield work
                else:
                    file(work, ())

        # Closed at once, also where a report can't be written or Ctrl-C comes: what is left is not begun.
        with closing(desks(waiting())) as finished:
            for work, found in finished:
                file(work, found)
        store.finish(run)
        _write_grades(store, run, out)


def _kept(report: Report, keys: Iterable[Key]) -> list[Key]:
    """The keys of a report's problems; one that was our own fault is filed apart, so that it is tried again."""
    return [
        Key(f"{key.files} of {report.student}, not judged", key.problem)
        if problem.code in codes.FAULTS_OF_OURS
        else key
        for key, problem in zip(keys, report.problems, strict=True)
    ]


def rebuild(out: Path) -> int:
    """Write ``grades.csv`` and the reports again, out of the store's latest whole run; returns how many reports.

    Raises
    ------
    SandboxError, StoreError
        If there is no store, or no whole run in it.
    """
    with Store.existing(out / STORE_FILE) as store:
        run = store.latest()
        count = 0
        for report, _ in store.reports(run):
            write_report(report, out)
            count += 1
        _write_grades(store, run, out)
    return count


def printed_by(out: Path, student: str) -> Iterator[str]:
    """What a student's modules printed in the latest whole run, problem by problem and check by check, as lines.

    Raises
    ------
    StoreError
        If there is no store, no whole run in it, or nobody of that name.
    """
    with Store.existing(out / STORE_FILE) as store:
        for report, keys in store.reports(store.latest()):
            if report.student == student:
                for problem, key in zip(report.problems, keys, strict=False):
                    for check, text in store.printed(key).items():
                        yield f"{problem.problem}, {check or 'import'}:"
                        yield from (f"    {shown(line)}" for line in text.splitlines())
                return
    raise StoreError(f"nobody in the latest run in {out} is called {shown(student)}")


def write_report(report: Report, out: Path) -> None:
    """A student's report, as JSON and as text."""
    folder = out / report.student
    folder.mkdir(exist_ok=True)
    write_atomically(folder / "report.json", as_json(report))
    write_atomically(folder / "report.txt", as_text(report).encode())


def grades_csv(reports: Iterable[Report]) -> Iterator[str]:
    """The lines of the table of scores: a row per student, a column per problem, ``total`` and ``max``."""
    for number, report in enumerate(reports):
        if number == 0:
            yield _row(["student", *(problem.problem for problem in report.problems), "total", "max"])
        name = f"'{report.student}" if report.student.startswith(_FORMULA) else report.student
        scores = (f"{problem.score:g}" for problem in report.problems)
        yield _row([name, *scores, f"{report.score:g}", f"{report.max_score:g}"])


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that there is never half of it."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    new.replace(path)


def _write_grades(store: Store, run: int, out: Path) -> None:
    lines = grades_csv(report for report, _ in store.reports(run))
    write_atomically(out / GRADES_FILE, "".join(lines).encode())


def _row(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    # Where a comma is a decimal point spreadsheets split at semicolons, but not within quotes.
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    if any(";" in cell for cell in cells):
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(cells)
    return stream.getvalue()


@contextmanager
def sandboxes(*, weak: bool) -> Iterator[Callable[[], Sandbox]]:
    """A sandbox for each thread that asks, closed together."""
    own = threading.local()
    made: list[Sandbox] = []

    def sandbox() -> Sandbox:
        if not hasattr(own, "sandbox"):
            own.sandbox = Sandbox(weak=weak)
            made.append(own.sandbox)
        mine: Sandbox = own.sandbox
        return mine

    try:
        yield sandbox
    finally:
        for one in made:
            one.close()


def _notes(submission: Submission) -> list[str]:
    notes = [submission.refused] if submission.refused else []
    notes += submission.problems.values()
    if submission.extra:
        notes.append(f"not asked for, and not graded: {', '.join(submission.extra)}")
    return notes
