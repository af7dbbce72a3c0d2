"""Grading: a class or one submission to reports.

Whatever the size of the class, only a few submissions are in memory at a time. One thread reads them when it is nearly
their turn, and stores and writes their reports. What takes long, running and judging a submission, is done by an
executor: threads of this process (:mod:`autograder.gradebook.executors`), or a cluster (:mod:`autograder.cluster`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

from autograder import codes
from autograder.codes import Code
from autograder.gradebook import faults
from autograder.gradebook.executors import (
    Executor,
    Finished,
    Waits,
    Work,
    in_threads,
    read_ahead,
    read_apart,
    sandboxes,
)
from autograder.gradebook.export import write_report, write_tables
from autograder.gradebook.grader import Graded, Grader
from autograder.gradebook.store import STORE_FILE, Store
from autograder.report import NOT_ASKED_FOR, ProblemReport, Report
from autograder.sandbox.observe import Sandbox
from autograder.submissions.reading import HandedIn, stem, student_name
from autograder.submissions.selection import Submission
from autograder.submissions.storage import Identities


def grade_class(
    grader: Grader,
    handed_in: Sequence[HandedIn],
    out: Path,
    executor: Executor | None = None,
    *,
    workers: int = 1,
    force: bool = False,
    opened: Store | None = None,
    unwritten: Callable[[str], object] = lambda _: None,
    waits: Waits = lambda _: None,
) -> Generator[Report, None, None]:
    """Grade a class: an iterator of reports, each stored and written before it is yielded.

    Nothing that the store has a result for is run again. To interrupt, close the iterator (``contextlib.closing``
    does, whatever happens in the loop): what runs is ended, what was yielded is kept, and the same call resumes there.
    Only a run that was iterated to its end has tables of grades.

    Parameters
    ----------
    grader : Grader
        As :func:`autograder.gradebook.grader.prepare` gives it.
    handed_in : sequence of HandedIn
        As :func:`autograder.submissions.reading.find_class` gives it.
    out : Path
        The folder of results (:mod:`autograder.gradebook.export`), made if need be; it may hold other assignments'.
    executor : callable, optional
        What grades submissions: a cluster's (:mod:`autograder.cluster`); by default, threads of this process.
    workers : int
        How many submissions are read at a time, and how many such threads there are.
    force : bool
        Run everything again.
    opened : Store, optional
        The store in ``out``, where it is open already.
    unwritten : callable
        Is told of each report that is stored and can't be written as a file, in a sentence.
    waits : callable
        Is told of what takes long: students and seconds, the longest first.

    Yields
    ------
    Report
        In the order in which they are done.

    Raises
    ------
    StoreError
        If somebody else grades into ``out``, or the run is not whole in the end.
    MachineError
        If nothing can be written any more, or the submissions are gone. What was stored before that is kept.
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
        # Closed at once, also where a report can't be written or Ctrl-C comes: what is left is not begun.
        submissions = read_ahead(handed_in, grader.problems, _solutions(grader), workers, waits, weak=grader.weak)
        with closing(submissions), closing(executor(works())) as finished:
            for work, found in finished:
                if any(one.report.code == Code.NO_SANDBOX for one in found):
                    faults.see_room()
                report = _store(store, run, work, found, grader.footer)
                try:
                    if said := write_report(report, out):
                        unwritten(f"{report.student}: {said}")
                finally:
                    yield report  # it is kept, written or not
        store.finish(run, len(handed_in))
        write_tables(store, run, assignments, out)


def threads(grader: Grader, workers: int, waits: Waits = lambda _: None) -> Executor:
    """An executor of so many threads."""

    def graded(sandbox: Sandbox, piece: Work) -> tuple[Graded, ...]:
        return grader.graded(sandbox, piece.submission, piece.ids)

    def execute(work: Iterable[Work]) -> Finished:
        named = ((piece.submission.student, piece) for piece in work)
        with closing(in_threads(workers, graded, named, waits, weak=grader.weak)) as done:
            for piece, future in done:
                try:
                    found = future.result()
                except Exception as error:  # noqa: BLE001  whatever it is: a submission ends here
                    why = f"the grader failed: {type(error).__name__}: {error}"
                    found = tuple(Graded(grader.unjudged(name, Code.FAULTY_GRADER, why)) for name in piece.ids)
                yield piece, found

    return execute


def grade_submission(grader: Grader, path: Path) -> Report:
    """Grade one submission, a folder or an archive, to a report; nothing is stored or written.

    Raises
    ------
    SandboxError
        If student code can't be confined, and the grader was not prepared to go on without.
    """
    with sandboxes(weak=grader.weak) as sandbox:
        handed = HandedIn(student_name(stem(path)), path)
        submission = read_apart(sandbox(), handed, grader.problems, _solutions(grader))
        found = grader.graded(sandbox(), submission, tuple(grader.keys(submission)))
    return _report(submission, (one.report for one in found), grader.footer)


def _store(store: Store, run: int, work: Work, found: Iterable[Graded], footer: Iterable[str]) -> Report:
    """Store what was found and what was known, as the report on a submission."""
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
    """The files of the problems: a second name of one, among the submissions, would be a right answer."""
    files = (path for problem in grader.problems for path in problem.folder.rglob("*") if path.is_file())
    return frozenset((path.stat().st_dev, path.stat().st_ino) for path in files)
