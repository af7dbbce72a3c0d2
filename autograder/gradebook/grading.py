"""A class: submissions in, reports filed and written.

Whatever the size of the class, a few submissions at a time are there. They are read when it is nearly their turn
(:mod:`autograder.gradebook.intake`), and their reports are filed in the store. All of that is one thread's work; what
takes long, running and judging a submission, is an executor's: threads of this process
(:mod:`autograder.gradebook.executors`), or the workers of a cluster (:mod:`autograder.cluster`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

from autograder import codes
from autograder.codes import Code
from autograder.gradebook import faults
from autograder.gradebook.executors import Executor, Waits, Work, sandboxes, threads
from autograder.gradebook.export import write_report, write_tables
from autograder.gradebook.grader import Graded, Grader
from autograder.gradebook.intake import read_ahead, read_apart
from autograder.gradebook.store import STORE_FILE, Key, Store
from autograder.report import NOT_ASKED_FOR, ProblemReport, Report
from autograder.submissions.reading import HandedIn
from autograder.submissions.selection import Submission


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
        As :func:`autograder.gradebook.preparation.prepare` gives it.
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
        # A second name of a solution, in the folder of submissions, would be a right answer.
        files = [path for problem in grader.problems for path in problem.folder.rglob("*") if path.is_file()]
        solutions = frozenset((path.stat().st_dev, path.stat().st_ino) for path in files)

        def works() -> Iterator[Work]:
            for position, submission in submissions:
                keys = grader.keys(submission)
                known = {
                    name: report for name, key in keys.items() if not force and (report := store.find(key)) is not None
                }
                yield Work(position, submission, keys, known, tuple(name for name in keys if name not in known))

        executor = executor or threads(grader, workers, waits)
        # Closed at once, also where a report can't be written or Ctrl-C comes: what is left is not begun.
        submissions = read_ahead(handed_in, grader.problems, solutions, workers, waits, weak=grader.weak)
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


def grade_submission(grader: Grader, path: Path) -> Report:
    """Grade one submission, a folder or an archive, to a report; nothing is stored or written.

    Raises
    ------
    SandboxError
        If student code can't be confined, and the grader was not prepared to go on without.
    """
    with sandboxes(weak=grader.weak) as sandbox:
        submission = read_apart(sandbox(), HandedIn(path.stem if path.is_file() else path.name, path), grader.problems)
        found = grader.graded(sandbox(), submission, tuple(grader.keys(submission)))
    return _report(submission, (one.report for one in found), grader.footer)


def _store(store: Store, run: int, work: Work, found: Iterable[Graded], footer: Iterable[str]) -> Report:
    """File what was found and what was known, as the report of a submission."""
    new = {one.report.problem: one for one in found}
    problems = tuple(new[name].report if name in new else work.known[name] for name in work.keys)
    report = _report(work.submission, problems, footer)
    keys = _kept(report, work.keys.values())
    for problem, key in zip(problems, keys, strict=True):
        if problem.problem in new:
            store.keep_output(key, new[problem.problem].output)
    store.file(run, work.position, report, keys)
    return report


def _report(submission: Submission, problems: Iterable[ProblemReport], footer: Iterable[str]) -> Report:
    return Report.of(submission.student, tuple(problems), _notes(submission), footer)


def _kept(report: Report, keys: Iterable[Key]) -> list[Key]:
    """The keys of a report's problems; one that is pending is filed apart, so that it is tried again."""
    return [
        replace(key, pending=report.student) if problem.code in codes.FAULTS_OF_OURS else key
        for key, problem in zip(keys, report.problems, strict=True)
    ]


def _notes(submission: Submission) -> list[str]:
    notes = [submission.refused] if submission.refused else []
    notes += submission.problems.values()
    if submission.extra:
        notes.append(f"{NOT_ASKED_FOR}{', '.join(submission.extra)}")
    return notes
