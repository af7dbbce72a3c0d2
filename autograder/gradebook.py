"""All reports of a class: submissions in, ``report.json``, ``report.txt`` and ``grades.csv`` out."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder import codes
from autograder.answers import Answers, observe_answers
from autograder.grade import grade, unjudged
from autograder.problem import Implementation, Problem
from autograder.report import ProblemReport, Report, as_json, as_text
from autograder.sandbox import Sandbox, SandboxError
from autograder.submissions import Submission

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    weak : bool
        Grade even where student code can't be confined; each report's footer says so.
    footer : tuple of str
        What each report says of the run.
    """

    problems: tuple[Problem, ...]
    answers: Mapping[str, Answers]
    seeds: Mapping[str, int]
    weak: bool = False
    footer: tuple[str, ...] = ()

    def report(self, sandbox: Sandbox, submission: Submission) -> Report:
        """The report on one submission; it fails for nothing that a student hands in."""
        problems = tuple(self._problem(sandbox, submission, problem) for problem in self.problems)
        return Report.of(submission.student, problems, _notes(submission), self.footer)

    def _problem(self, sandbox: Sandbox, submission: Submission, problem: Problem) -> ProblemReport:
        name = problem.module_file
        if submission.refused:
            return unjudged(problem, codes.MISSING, submission.refused)
        if name in submission.problems:
            return unjudged(problem, codes.MISSING, submission.problems[name])
        if name not in submission.files:
            return unjudged(problem, codes.MISSING, f"{name} was not handed in; hand in a file of that name")
        files = {file: content for file, content in submission.files.items() if file.endswith(".py")}
        try:
            implementation = Implementation(files)
            return grade(sandbox.observe, problem, implementation, self.answers[problem.id], self.seeds[problem.id])
        except Exception as error:  # noqa: BLE001  ours, whatever it is: this student loses nothing, the others go on
            return unjudged(problem, codes.FAULTY_GRADER, f"the grader failed: {type(error).__name__}: {error}")


def prepare(problems: Sequence[Problem], seed: int | None, workers: int, *, weak: bool = False) -> Grader:
    """A grader, with the reference and the known mistakes of each problem observed, ``workers`` problems at a time.

    Raises
    ------
    SandboxError
        If student code can't be confined on this machine as promised, and ``weak`` does not allow that.
    """
    lacks = Sandbox().enforced().lacks
    if lacks and not weak:
        raise SandboxError(
            f"student code can't be confined on this machine: {'; '.join(lacks)}. `autograder doctor` says how to get "
            "the rest; --weak-sandbox grades all the same"
        )
    footer = tuple(f"this run was not fully confined: {clause}" for clause in lacks)
    seeds = {problem.id: problem.seed if seed is None else seed for problem in problems}
    with _sandboxes(weak=weak) as sandbox, ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda problem: observe_answers(sandbox().observe, problem, seeds[problem.id]), problems)
        answers = {problem.id: answer for problem, answer in zip(problems, found, strict=True)}
    return Grader(tuple(problems), answers, seeds, weak, footer)


def grade_class(
    grader: Grader, submissions: Sequence[Submission], out: Path, workers: int, done: Callable[[Report], None]
) -> list[Report]:
    """Grade a class, ``workers`` submissions at a time; each report is written as soon as it is there.

    Parameters
    ----------
    out : Path
        The folder for ``grades.csv`` and a folder per student; made if need be.
    done : callable
        Told of each report, in the order they are finished.

    Returns
    -------
    list of Report
        In the order of the submissions.
    """
    out.mkdir(parents=True, exist_ok=True)
    reports: dict[str, Report] = {}
    with _sandboxes(weak=grader.weak) as sandbox, ThreadPoolExecutor(workers) as pool:
        running: list[Future[Report]] = [
            pool.submit(lambda one: grader.report(sandbox(), one), submission) for submission in submissions
        ]
        try:
            for future in as_completed(running):
                report = future.result()
                reports[report.student] = report
                write_report(report, out)
                done(report)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    finished = [reports[submission.student] for submission in submissions]
    write_atomically(out / "grades.csv", grades_csv(finished, grader.problems).encode())
    return finished


def write_report(report: Report, out: Path) -> None:
    """A student's report, as JSON and as text."""
    folder = out / report.student
    folder.mkdir(exist_ok=True)
    write_atomically(folder / "report.json", as_json(report))
    write_atomically(folder / "report.txt", as_text(report).encode())


def grades_csv(reports: Sequence[Report], problems: Sequence[Problem]) -> str:
    """The table of scores: a row per student, a column per problem, ``total`` and ``max``."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["student", *(problem.id for problem in problems), "total", "max"])
    for report in reports:
        name = f"'{report.student}" if report.student.startswith(_FORMULA) else report.student
        scores = (f"{problem.score:g}" for problem in report.problems)
        writer.writerow([name, *scores, f"{report.score:g}", f"{report.max_score:g}"])
    return stream.getvalue()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that there is never half of it."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    new.replace(path)


@contextmanager
def _sandboxes(*, weak: bool) -> Iterator[Callable[[], Sandbox]]:
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
