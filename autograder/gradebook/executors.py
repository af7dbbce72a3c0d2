"""Executors: they take work, grade it in parallel, and hand back what is finished.

Here: threads of this process. An executor on other machines is :mod:`autograder.cluster`'s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder.codes import Code
from autograder.gradebook.grader import Graded, Grader
from autograder.gradebook.store import Key
from autograder.report import ProblemReport
from autograder.sandbox.observe import Sandbox
from autograder.sandbox.runs import Loader
from autograder.submissions.selection import Submission


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

# Grades work and yields it as it is done, in any order; work without ids as it is. Takes little more than is being
# graded, in the thread of whoever iterates; closed, it drops what has not begun.
Executor = Callable[[Iterable[Work]], Finished]


# Is told of what takes long: whose submissions are at work, and for how many seconds, the longest first.
Waits = Callable[[Sequence[tuple[str, float]]], object]
# How often.
TELL_SECONDS = 1.0
# Pieces of work that are begun, and wait, for each thread.
AHEAD = 2


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


def threads(grader: Grader, workers: int, waits: Waits = lambda _: None) -> Executor:
    """An executor in this process: so many threads, each with a sandbox of its own."""

    def graded(sandbox: Sandbox, piece: Work) -> tuple[Graded, ...]:
        return grader.graded(sandbox, piece.submission, piece.ids)

    def executor(work: Iterable[Work]) -> Finished:
        named = ((piece.submission.student, piece) for piece in work)
        with closing(in_threads(workers, graded, named, waits, weak=grader.weak)) as done:
            for piece, future in done:
                yield piece, _outcome(grader, piece, future)

    return executor


def in_threads(
    count: int, do: Callable[[Sandbox, Item], Result], items: Iterable[tuple[str, Item]], waits: Waits, *, weak: bool
) -> Generator[tuple[Item, Future[Result]], None, None]:
    """Items with their students, as they are done by so many threads, each with a sandbox of its own.

    In order, but for those that take long. Few items are taken before they can be begun.
    """
    with sandboxes(weak=weak) as sandbox, ThreadPoolExecutor(count) as pool, sandbox.while_wanted():
        at_work = AtWork(waits)
        running: dict[Future[Result], Item] = {}

        def one(named: tuple[str, Item]) -> Result:
            student, item = named
            with at_work.on(student):
                return do(sandbox(), item)

        def done() -> Iterator[tuple[Item, Future[Result]]]:
            ready = at_work.ready(running)
            for future in [future for future in running if future in ready]:
                yield running.pop(future), future

        try:
            for named in items:
                running[_submitted(pool, one, named)] = named[1]
                if len(running) >= AHEAD * count:
                    yield from done()
            while running:
                yield from done()
        finally:
            for future in running:
                future.cancel()


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


def _submitted(pool: ThreadPoolExecutor, do: Callable[[Item], Result], item: Item) -> Future[Result]:
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
        return tuple(Graded(grader.unjudged(name, Code.FAULTY_GRADER, why)) for name in piece.ids)
