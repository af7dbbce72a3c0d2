"""A class: submissions in, reports filed and written.

Whatever the size of the class, a few submissions at a time are there. They are read when it is nearly their turn
(:mod:`autograder.gradebook.intake`), and their reports are filed in the store. All of that is one thread's work; what
takes long, running and judging a submission, is done at *desks*: threads of this process
(:mod:`autograder.gradebook.executors`), or the workers of a cluster (:mod:`autograder.cluster`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

from autograder import codes
from autograder.codes import Code
from autograder.gradebook import faults
from autograder.gradebook.executors import Desks, Waits, Work
from autograder.gradebook.export import write_grades, write_report
from autograder.gradebook.grader import Graded, Grader
from autograder.gradebook.intake import read_ahead
from autograder.gradebook.store import STORE_FILE, Key, Store
from autograder.report import NOT_ASKED_FOR, Report
from autograder.submissions.reading import HandedIn
from autograder.submissions.selection import Submission


def grade_class(
    grader: Grader,
    handed_in: Sequence[HandedIn],
    out: Path,
    desks: Desks,
    done: Callable[[Report], None] = lambda _: None,
    *,
    readers: int = 1,
    force: bool = False,
    opened: Store | None = None,
    unwritten: Callable[[str], object] = lambda _: None,
    waits: Waits = lambda _: None,
) -> None:
    """Grade a class; each report is filed and written as soon as it is there.

    What the store already has a result for is not run again. A batch that was cut short therefore goes on where it was.

    Parameters
    ----------
    out : Path
        The folder for ``grades.csv``, the store, and a folder per student; made if need be.
    desks : callable
        Where submissions are graded: :func:`autograder.gradebook.executors.threads`, or a cluster.
    done : callable
        Told of each report, in the order they are finished.
    readers : int
        How many submissions are read at a time.
    force : bool
        Run everything again.
    opened : Store, optional
        The store in ``out``, where it is open already.
    unwritten : callable
        Is told of each report that is filed and can't be written, in a sentence.
    waits : callable
        Is told of what takes long to be read; desks tell of what takes long to be graded.

    Raises
    ------
    StoreError
        If somebody else grades into ``out``, or the run is not whole in the end.
    MachineError
        If nothing can be written any more, or the submissions are gone. What was filed before that is kept.
    """
    with nullcontext(opened) if opened else Store(out / STORE_FILE) as store:
        run = store.begin(grader.footer)
        # A second name of a solution, in the folder of submissions, would be a right answer.
        files = [path for problem in grader.problems for path in problem.folder.rglob("*") if path.is_file()]
        solutions = frozenset((path.stat().st_dev, path.stat().st_ino) for path in files)

        def file(work: Work, found: Iterable[Graded]) -> None:
            new = {one.report.problem: one for one in found}
            problems = tuple(new[name].report if name in new else work.known[name] for name in work.keys)
            report = Report.of(work.submission.student, problems, _notes(work.submission), grader.footer)
            keys = _kept(report, work.keys.values())
            for problem, key in zip(problems, keys, strict=True):
                if problem.problem in new:
                    store.keep_printed(key, new[problem.problem].printed)
            store.file(run, work.position, report, keys)
            try:
                if said := write_report(report, out):
                    unwritten(f"{report.student}: {said}")
            finally:
                done(report)

        def waiting() -> Iterator[Work]:
            for position, submission in submissions:
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
        submissions = read_ahead(handed_in, grader.problems, solutions, readers, waits, weak=grader.weak)
        with closing(submissions), closing(desks(waiting())) as finished:
            for work, found in finished:
                if any(one.report.code == Code.NO_SANDBOX for one in found):
                    faults.see_room()
                file(work, found)
        store.finish(run, len(handed_in))
        write_grades(store, run, out)


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
