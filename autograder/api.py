"""The public Python API, on which the command line is built. Import its names from :mod:`autograder`."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from autograder.course.assignments import Assignment, assignment_files, read_course
from autograder.course.problem import CourseError, Problem
from autograder.expected import Answers
from autograder.gradebook import grading
from autograder.gradebook.grading import prepare
from autograder.gradebook.store import STORE_FILE, Store
from autograder.report import Report, pluralize
from autograder.seed import Seed
from autograder.submissions.reading import find_class, keep_apart


@dataclass(frozen=True)
class Course:
    """A course: the assignments in ``folder / "solutions"``."""

    folder: Path
    assignments: tuple[Assignment, ...]

    def problems(self, *names: str) -> tuple[Problem, ...]:
        """List the problems of the assignments with these names, or of all; CourseError if there is no such name."""
        chosen = assignment_files(self.folder, names)
        return tuple(problem for each in self.assignments if each.name in chosen for problem in each.problems)


def open_course(folder: Path | str = ".") -> Course:
    """Read the course in a folder that holds ``solutions/``; CourseError, which names the file, if one is wrong."""
    return Course(Path(folder), read_course(Path(folder)))


def grade_submission(
    problems: Sequence[Problem], submission: Path | str, *, seed: int | None = None, weak_sandbox: bool = False
) -> Report:
    """Grade one submission to a report; nothing is stored.

    The references are run first, which takes seconds: for many submissions use :func:`grade_class`.

    Parameters
    ----------
    submission : path
        A student's folder or archive.
    seed, weak_sandbox
        As for :func:`grade_class`.
    """
    path = Path(submission)
    return grading.grade_submission(prepare(problems, _numbered(seed), 1, weak=weak_sandbox, private=(path,)), path)


def grade_class(
    problems: Sequence[Problem],
    submissions: Path | str,
    out: Path | str,
    *,
    seed: int | None = None,
    workers: int | None = None,
    force: bool = False,
    weak_sandbox: bool = False,
    scheduler: str | None = None,
    trained: Mapping[str, Answers] = MappingProxyType({}),
    told: Callable[[str], object] = lambda _: None,
    waits: Callable[[Sequence[tuple[str, float]]], object] = lambda _: None,
) -> Generator[Report, None, None]:
    """Grade a class: an iterator of reports, each stored and written to ``out`` before it is yielded.

    An iteration that was stopped is resumed by the same call; only one that came to its end writes the table of grades.

    Parameters
    ----------
    problems : sequence of Problem
        See :meth:`Course.problems`.
    submissions : path
        The folder that holds a folder or an archive for each student.
    out : path
        The folder for the reports, the table and the store; made if need be.
    seed : int, optional
        Grade on the inputs of this number, >= 0, instead of the official ones, which follow from the assignments' keys.
    workers : int, optional
        Submissions graded at a time; by default, one for each core.
    force : bool
        Run again what has been graded already.
    weak_sandbox : bool
        Grade even if this machine can't confine student code; each report says so.
    scheduler : str, optional
        The address of a Dask scheduler, ``tcp://HOST:PORT``, whose workers grade.
    trained : mapping of str to Answers
        The arrays that references' notebooks trained in an earlier run, by problem id.
    told, waits : callable
        Called with lines about the references; each second, with the students at work and their seconds.

    Raises
    ------
    Error
        If it can't begin, or the machine fails; what was yielded is kept.
    """
    submissions, out = Path(submissions), Path(out)
    workers = workers or os.cpu_count() or 1
    keep_apart(submissions, out)
    handed_in = find_class(submissions)
    private = (submissions, out)
    with ExitStack() as stack:
        store = stack.enter_context(Store(out / STORE_FILE))
        cluster = None
        if scheduler:
            try:
                from autograder.cluster.connection import connect  # noqa: PLC0415  needs the extra `cluster`
            except ModuleNotFoundError as error:
                raise CourseError(f"--scheduler needs the package {error.name}; install the extra `cluster`") from None
            cluster = stack.enter_context(connect(scheduler, problems, private=private, weak=weak_sandbox))
        told(f"Observing the references and known mistakes of {pluralize(len(problems), 'problem')}.")
        grader = prepare(
            problems,
            _numbered(seed),
            workers,
            weak=weak_sandbox,
            private=private,
            lacks=cluster.lacks if cluster else None,
            store=store,
            trained=trained,
            done=lambda problem: told(f"observed {problem.id}"),
        )
        executor = cluster.executor(grader, waits) if cluster else None
        yield from grading.grade_class(
            grader, handed_in, out, executor, workers=workers, force=force, opened=store, waits=waits
        )


def _numbered(seed: int | None) -> Seed | None:
    return None if seed is None else Seed.numbered(seed)
