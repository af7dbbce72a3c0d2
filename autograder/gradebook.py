"""All reports of a class: submissions in, ``report.json``, ``report.txt`` and ``grades.csv`` out.

Whatever the size of the class, a few submissions at a time are in memory: they are read when it is their turn, and
their reports are filed in the store.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder import codes
from autograder.answers import Answers, observe_answers
from autograder.grade import grade, unjudged
from autograder.problem import CourseError, Implementation, Problem
from autograder.process import exposed
from autograder.report import ProblemReport, Report, as_json, as_text, shown
from autograder.sandbox import Sandbox, SandboxError
from autograder.store import STORE_FILE, Key, Store, StoreError, files_digest, problem_digest
from autograder.submissions import HandedIn, Submission
from autograder.wire import Observation

GRADES_FILE = "grades.csv"

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
        Of what each problem's results depend on, beside the submission; by problem id.
    weak : bool
        Grade even where student code can't be confined; each report's footer says so.
    footer : tuple of str
        What each report says of the run.
    """

    problems: tuple[Problem, ...]
    answers: Mapping[str, Answers]
    seeds: Mapping[str, int]
    digests: Mapping[str, str]
    weak: bool = False
    footer: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of the files that students hand in."""
        return tuple(name for problem in self.problems for name in (problem.module_file, problem.notebook_file))

    def key(self, problem: Problem, submission: Submission) -> Key:
        """What the result of a submission in a problem is filed under."""
        files = Implementation.of(problem.module_file, submission.files).files
        own = {"": submission.refused.encode(), **files}
        if said := submission.problems.get(problem.module_file):
            own[f"! {problem.module_file}"] = said.encode()
        return Key(files_digest(own), self.digests[problem.id])

    def problem_report(
        self, sandbox: Sandbox, submission: Submission, problem: Problem, printed: dict[str, str]
    ) -> ProblemReport:
        """The report on one problem of a submission; it fails for nothing that a student hands in.

        What the module printed is put into ``printed``, by check. It is for staff: whoever prints the inputs of the
        hidden seed is not to read them.
        """

        def observe(*asked: Any) -> Sequence[Observation]:
            seen = sandbox.observe(*asked)
            for one in seen:
                if one.output:
                    printed[one.check] = printed.get(one.check, "") + one.output
            return seen

        name = problem.module_file
        if submission.refused:
            return unjudged(problem, codes.MISSING, submission.refused)
        if name in submission.problems:
            return unjudged(problem, codes.MISSING, submission.problems[name])
        if name not in submission.files:
            return unjudged(problem, codes.MISSING, f"{name} was not handed in; hand in a file of that name")
        try:
            implementation = Implementation.of(name, submission.files)
            return grade(observe, problem, implementation, self.answers[problem.id], self.seeds[problem.id])
        except Exception as error:  # noqa: BLE001  ours, whatever it is: this student loses nothing, the others go on
            return unjudged(problem, codes.FAULTY_GRADER, f"the grader failed: {type(error).__name__}: {error}")


def prepare(
    problems: Sequence[Problem],
    seed: int | None,
    workers: int,
    *,
    weak: bool = False,
    private: Sequence[Path] = (),
    store: Store | None = None,
    done: Callable[[Problem], None] = lambda _: None,
) -> Grader:
    """A grader, with the reference and the known mistakes of each problem observed, ``workers`` problems at a time.

    Parameters
    ----------
    private : sequence of Path
        What no run may see, beside the problems: the submissions and the reports.
    store : Store, optional
        Where answers of an earlier run are found, and these are kept.
    done : callable
        Told of each problem whose answers are there.

    Raises
    ------
    SandboxError
        If student code can't be confined on this machine as promised, and ``weak`` does not allow that.
    CourseError
        If students may import a package that is not installed here.
    """
    for problem in problems:
        if absent := sorted(name for name in problem.allowed_imports if not find_spec(name)):
            raise CourseError(
                f"{problem.id}: students may import {', '.join(absent)}, not installed here; "
                f"install it, or take it from allowed_imports in {problem.folder.parent / 'assignment.toml'}"
            )
    kept = dict.fromkeys((*(problem.folder for problem in problems), *private))
    data = {path.parent for problem in problems for path in problem.data.values()}
    lacks = (
        *Sandbox().enforced().lacks,
        *(f"it may read {path}, in a folder that runs see: keep it elsewhere" for path in exposed(kept, data)),
    )
    if lacks and not weak:
        raise SandboxError(
            f"student code can't be confined on this machine: {'; '.join(lacks)}. `autograder doctor` says how to get "
            "the rest; --weak-sandbox grades all the same"
        )
    footer = tuple(f"this run was not fully confined: {clause}" for clause in lacks)
    seeds = {problem.id: problem.seed if seed is None else seed for problem in problems}
    digests = {problem.id: problem_digest(problem, seeds[problem.id], footer) for problem in problems}
    with sandboxes(weak=weak) as sandbox, ThreadPoolExecutor(workers) as pool:

        def one(problem: Problem) -> Answers:
            known = store.answers(digests[problem.id]) if store else None
            answers = known or observe_answers(sandbox().observe, problem, seeds[problem.id])
            if store and not known and not answers.faulty:
                store.keep_answers(digests[problem.id], answers)
            done(problem)
            return answers

        answers = {problem.id: found for problem, found in zip(problems, pool.map(one, problems), strict=True)}
    return Grader(tuple(problems), answers, seeds, digests, weak, footer)


def grade_class(
    grader: Grader,
    handed_in: Sequence[HandedIn],
    out: Path,
    workers: int,
    done: Callable[[Report], None] = lambda _: None,
    *,
    force: bool = False,
) -> None:
    """Grade a class, ``workers`` submissions at a time; each report is filed and written as soon as it is there.

    What the store already has a result for is not run again. A batch that was cut short therefore goes on where it was.

    Parameters
    ----------
    out : Path
        The folder for ``grades.csv``, the store, and a folder per student; made if need be.
    done : callable
        Told of each report, in the order they are finished.
    force : bool
        Run everything again.
    """
    with (
        Store(out / STORE_FILE) as store,
        sandboxes(weak=grader.weak) as sandbox,
        ThreadPoolExecutor(workers) as pool,
    ):
        run = store.begin(grader.footer)
        # A second name of a solution, in the folder of submissions, would be a right answer.
        files = [path for problem in grader.problems for path in problem.folder.rglob("*") if path.is_file()]
        solutions = frozenset((path.stat().st_dev, path.stat().st_ino) for path in files)

        def one(handed: HandedIn) -> tuple[Report, list[Key]]:
            submission = handed.read(grader.wanted, solutions)
            keys, problems = [], []
            for problem in grader.problems:
                key = grader.key(problem, submission)
                report = None if force else store.find(key)
                if report is None:
                    printed: dict[str, str] = {}
                    report = grader.problem_report(sandbox(), submission, problem, printed)
                    store.keep_printed(key, printed)
                problems.append(report)
                keys.append(key)
            return Report.of(submission.student, tuple(problems), _notes(submission), grader.footer), keys

        running: dict[Future[tuple[Report, list[Key]]], int] = {}
        try:
            for position, handed in enumerate(handed_in):
                running[pool.submit(one, handed)] = position
                if len(running) >= 2 * workers:
                    _file(store, run, running, out, done)
            while running:
                _file(store, run, running, out, done)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        store.finish(run)
        _write_grades(store, run, out)


def _file(
    store: Store,
    run: int,
    running: dict[Future[tuple[Report, list[Key]]], int],
    out: Path,
    done: Callable[[Report], None],
) -> None:
    """Wait for a report or more; file and write what there is."""
    finished, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in sorted(finished, key=running.__getitem__):
        report, keys = future.result()
        store.file(run, running.pop(future), report, _kept(report, keys))
        write_report(report, out)
        done(report)


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
