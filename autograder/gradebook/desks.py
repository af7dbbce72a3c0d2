"""Where submissions are graded: *desks*, which take work and hand back what is finished.

Here they are threads of this process. Those on other machines are :mod:`autograder.cluster`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass

from autograder.gradebook.grader import Graded, Grader
from autograder.gradebook.store import Key
from autograder.report import ProblemReport
from autograder.sandbox.observe import Sandbox
from autograder.sandbox.warm import Loader
from autograder.submissions.choosing import Submission


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


@contextmanager
def sandboxes(*, weak: bool) -> Iterator[Callable[[], Sandbox]]:
    """A sandbox for each thread that asks, closed together."""
    own = threading.local()
    made: list[Sandbox] = []
    loader = Loader()

    def sandbox() -> Sandbox:
        if not hasattr(own, "sandbox"):
            own.sandbox = Sandbox(weak=weak, loader=loader)
            made.append(own.sandbox)
        mine: Sandbox = own.sandbox
        return mine

    try:
        yield sandbox
    finally:
        for one in made:
            one.close()
        loader.close()
