"""Where submissions are graded: *desks*, which take work and hand back what is finished.

Here they are threads of this process. Those on other machines are :mod:`autograder.cluster`'s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder import codes
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


Item = TypeVar("Item")
Result = TypeVar("Result")

Finished = Generator[tuple[Work, tuple[Graded, ...]], None, None]

# Grades work and hands it back as it is finished, in whatever order. Takes a little more than is being graded, in the
# thread of whoever asks; when it is closed, it gives up what has not been begun.
Desks = Callable[[Iterable[Work]], Finished]


# Is told of what takes long: whose submissions are at work, and for how many seconds, the longest first.
Waits = Callable[[Sequence[tuple[str, float]]], object]
# How often.
TELL_SECONDS = 1.0


class AtWork:
    """Whose submissions are at work in threads, and since when."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._since: dict[str, float] = {}

    @contextmanager
    def on(self, student: str) -> Iterator[None]:
        """A thread at work on a submission."""
        self._since[student] = time.monotonic()
        try:
            yield
        finally:
            del self._since[student]

    def ready(self, running: Collection[Future[Any]]) -> set[Future[Any]]:
        """Those that are finished, one at least, and meanwhile tell who is waited for."""
        while not (ready := wait(running, TELL_SECONDS, return_when=FIRST_COMPLETED).done):
            longest = sorted(self._since.copy().items(), key=lambda item: item[1])
            self._waits([(student, time.monotonic() - since) for student, since in longest])
        return ready


def threads(grader: Grader, workers: int, waits: Waits = lambda _: None) -> Desks:
    """Desks in this process: so many threads, each with a sandbox of its own."""

    def desks(work: Iterable[Work]) -> Finished:
        with sandboxes(weak=grader.weak) as sandbox, ThreadPoolExecutor(workers) as pool, sandbox.while_wanted():
            at_work = AtWork(waits)

            def one(piece: Work) -> tuple[Graded, ...]:
                with at_work.on(piece.submission.student):
                    return grader.graded(sandbox(), piece.submission, piece.ids)

            running: dict[Future[tuple[Graded, ...]], Work] = {}

            def finished() -> Finished:
                for future in sorted(at_work.ready(running), key=lambda future: running[future].position):
                    piece = running.pop(future)
                    yield piece, _outcome(grader, piece, future)

            try:
                for piece in work:
                    running[submitted(pool, one, piece)] = piece
                    if len(running) >= 2 * workers:
                        yield from finished()
                while running:
                    yield from finished()
            finally:
                for future in running:
                    future.cancel()

    return desks


class Sandboxes:
    """A sandbox for each thread that asks, out of one loader."""

    def __init__(self, *, weak: bool) -> None:
        self._weak = weak
        self._own = threading.local()
        self._made: list[Sandbox] = []
        self._loader = Loader()

    def __call__(self) -> Sandbox:
        """The sandbox of the thread that asks."""
        if not hasattr(self._own, "sandbox"):
            self._own.sandbox = Sandbox(weak=self._weak, loader=self._loader)
            self._made.append(self._own.sandbox)
        mine: Sandbox = self._own.sandbox
        return mine

    @contextmanager
    def while_wanted(self) -> Iterator[None]:
        """End at once all that runs where this ends early: by an exception, by Ctrl-C, or because nobody asks for more.

        The threads are still there: they are waited for, and find that nothing is run any more.
        """
        try:
            yield
        except BaseException:
            self._loader.abandon()
            raise

    def close(self) -> None:
        """End all of them, when no thread uses one any more."""
        for one in self._made:
            one.close()
        self._loader.close()


@contextmanager
def sandboxes(*, weak: bool) -> Iterator[Sandboxes]:
    """A sandbox for each thread that asks, closed together."""
    with closing(Sandboxes(weak=weak)) as made:
        yield made


def submitted(pool: ThreadPoolExecutor, do: Callable[[Item], Result], item: Item) -> Future[Result]:
    """The future of a call in a thread of the pool; it holds the error where no thread can be started."""
    try:
        return pool.submit(do, item)
    except RuntimeError as error:
        failed: Future[Result] = Future()
        failed.set_exception(error)
        return failed


def _outcome(grader: Grader, piece: Work, future: Future[tuple[Graded, ...]]) -> tuple[Graded, ...]:
    """The result of a piece of work; a fault of ours, and this submission's alone, where that is an exception."""
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001  whatever it is: a submission ends here
        why = f"the grader failed: {type(error).__name__}: {error}"
        return tuple(Graded(grader.unjudged(name, codes.FAULTY_GRADER, why)) for name in piece.ids)
