"""Threads of this process that read submissions and grade them, each thread with a sandbox of its own.

A submission is read shortly before it is graded. It is graded by an *executor*: these threads, or in
:mod:`autograder.cluster` the workers on other machines.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import msgspec

from autograder.codes import Code
from autograder.course.problem import Problem
from autograder.gradebook.store import Key, MachineError, see_room
from autograder.report import ProblemReport
from autograder.sandbox.observe import Answer, OurFaultError, ReaderError, Sandbox
from autograder.sandbox.runs import Loader
from autograder.submissions import reading
from autograder.submissions.reading import HandedIn, Identities, Source, Spool, Taken, UnreadError, Wish
from autograder.submissions.selection import MAX_ATTACHMENTS, MAX_MODULES, Submission, is_module, may_be_attached
from autograder.submissions.unpack import NotOpenedError, RefusedError, limit, printable

if TYPE_CHECKING:
    from autograder.gradebook.grading import Graded, Grader

# Seconds between two reports on the students who are waited for.
TELL_SECONDS = 1.0
# Submissions taken per thread: the one being graded and one that waits.
AHEAD = 2
# Most bytes of a reader's description of a submission, without the files.
MAX_TAKEN_BYTES = 4 << 20


@dataclass(frozen=True)
class Work:
    """A submission to be graded, and its position in the class."""

    position: int
    submission: Submission
    # By the ids of problems and notebooks: the keys of its results, those that are there already, and what is left.
    keys: Mapping[str, Key]
    known: dict[str, ProblemReport]
    ids: tuple[str, ...]


Item = TypeVar("Item")
Result = TypeVar("Result")

Finished: TypeAlias = "Generator[tuple[Work, tuple[Graded, ...]], None, None]"

# Grades work and yields each when it is done, in any order; work without ids unchanged. It takes little more than is
# being graded, in the caller's thread. When closed, it drops work that has not begun.
Executor: TypeAlias = "Callable[[Iterable[Work]], Finished]"

# Called with the students being waited for, and the seconds so far, the longest first.
Waits = Callable[[Sequence[tuple[str, float]]], object]


def read_ahead(
    handed_in: Sequence[HandedIn],
    problems: Sequence[Problem],
    private: Identities,
    readers: int,
    waits: Waits = lambda _: None,
    *,
    weak: bool,
) -> Generator[tuple[int, Submission], None, None]:
    """Read submissions, ``readers`` at a time, and yield each with its position, in order except for slow ones.

    MachineError if the folder of submissions is gone, or there is no room to keep what is read.
    """

    def read(sandbox: Sandbox, at: tuple[int, HandedIn]) -> Submission:
        return read_apart(sandbox, at[1], problems, private)

    def failed(at: tuple[int, HandedIn], why: str) -> Submission:
        return _unread(at[1], f"the grader failed to read it: {why}")

    named = ((handed.student, (position, handed)) for position, handed in enumerate(handed_in))
    with closing(in_threads(readers, read, failed, named, waits, weak=weak)) as done:
        for (position, handed), submission in done:
            if submission.unread:
                see_room()
                if not handed.path.parent.is_dir():
                    raise MachineError(f"{handed.path.parent} is no longer there: put it back")
            yield position, submission


def read_apart(sandbox: Sandbox, handed: HandedIn, problems: Sequence[Problem], private: Identities = ()) -> Submission:
    """Read the submission in a student's folder or archive, in a reader.

    ``private`` are files that are not the student's, by device and number.
    """
    if handed.refused:
        return Submission(handed.student, refused=handed.refused)
    names = tuple((problem.module_file, problem.notebook_file) for problem in problems)
    limits = max((one.limits for one in problems), key=lambda one: (one.reading_seconds, one.reading_memory_bytes))

    def answer(question: bytes) -> Iterator[Answer]:
        try:
            with source.open(msgspec.msgpack.decode(question, type=int)) as file:
                yield (), file.fileno()
        except NotOpenedError as error:
            yield (str(error).encode(),), None

    try:
        source = Source(handed.path, private)
        wish = msgspec.msgpack.encode(Wish(handed.student, source.listing, names))
        parts = sandbox.call(reading.read, {"wish": wish}, limits, answer)
        return _taken(handed.student, parts, {name for pair in names for name in pair})
    except UnreadError as error:
        return _unread(handed, f"what was handed in could not be read here: {error}")
    except RefusedError as error:
        return Submission(handed.student, refused=str(error), reasons={"": error.reason})
    except ReaderError as error:
        why = f"{printable(handed.path.name)} could not be read: {error}; hand in only what was asked for"
        return Submission(handed.student, refused=why)
    except OurFaultError as error:
        return _unread(handed, str(error), error.code)
    except (IndexError, ValueError) as error:
        return _unread(handed, f"a reader says or asks for what there can't be ({error})")


def _unread(handed: HandedIn, why: str, code: Code = Code.FAULTY_GRADER) -> Submission:
    return Submission(handed.student, unread=((code, why),))


def _taken(student: str, parts: Iterator[bytes], wanted: Collection[str]) -> Submission:
    """Check what a reader has taken; ValueError if no reader can have taken it."""
    taken = msgspec.msgpack.decode(next(parts, b"")[:MAX_TAKEN_BYTES], type=Taken)
    files, held = Spool(), b""

    def content(size: int) -> Iterator[bytes]:
        nonlocal held
        while size > 0:
            held = held or next(parts, b"")
            if not held:
                raise ValueError("a file is shorter than it says")
            part, held = held[:size], held[size:]
            size -= len(part)
            yield part

    for name, size in taken.sizes:
        known = name in wanted or is_module(name) or may_be_attached(name)
        if not known or size > limit(name) or len(files) > len(wanted) + MAX_MODULES + MAX_ATTACHMENTS:
            raise ValueError(f"{printable(name)}, {size} bytes")
        files.add(name, content(size))
    if held:
        raise ValueError("a file is longer than it says")
    uses = {name: used for name, used in taken.uses.items() if name in wanted and files.keys() >= {*used}}
    problems = {name: printable(said) for name, said in taken.problems.items() if name in wanted}
    refused, extra = printable(taken.refused), tuple(map(printable, taken.extra))
    reasons = {name: printable(said) for name, said in taken.reasons.items()}
    return Submission(student, files, extra, problems, refused, uses, reasons)


def threads(grader: Grader, workers: int, waits: Waits = lambda _: None) -> Executor:
    """Make an executor of ``workers`` threads."""

    def graded(sandbox: Sandbox, piece: Work) -> tuple[Graded, ...]:
        return grader.graded(sandbox, piece.submission, piece.ids)

    def failed(piece: Work, why: str) -> tuple[Graded, ...]:
        return tuple(grader.unjudged(name, Code.FAULTY_GRADER, f"the grader failed: {why}") for name in piece.ids)

    def execute(work: Iterable[Work]) -> Finished:
        named = ((piece.submission.student, piece) for piece in work)
        return in_threads(workers, graded, failed, named, waits, weak=grader.weak)

    return execute


def in_threads(
    count: int,
    do: Callable[[Sandbox, Item], Result],
    failed: Callable[[Item, str], Result],
    items: Iterable[tuple[str, Item]],
    waits: Waits,
    *,
    weak: bool,
) -> Generator[tuple[Item, Result], None, None]:
    """Process items, each with its student's name, in ``count`` threads; yield each with its result when it is there.

    Few items are taken before they can begin. ``failed`` makes the result of an item whose processing has raised.
    """
    since: dict[str, float] = {}
    running: dict[Future[Result], Item] = {}
    with sandboxes(count, weak=weak) as (pool, sandbox):

        def one(student: str, item: Item) -> Result:
            since[student] = time.monotonic()
            try:
                return do(sandbox(), item)
            except Exception as error:  # noqa: BLE001  whatever it is: a submission ends here
                return failed(item, f"{type(error).__name__}: {error}")
            finally:
                del since[student]

        def done() -> Iterator[tuple[Item, Result]]:
            while not (ready := wait(running, TELL_SECONDS, return_when=FIRST_COMPLETED).done):
                longest = sorted(since.copy().items(), key=lambda item: item[1])
                waits([(student, time.monotonic() - began) for student, began in longest])
            for future in [future for future in running if future in ready]:
                yield running.pop(future), future.result()

        try:
            for student, item in items:
                running[pool.submit(one, student, item)] = item
                if len(running) >= AHEAD * count:
                    yield from done()
            while running:
                yield from done()
        finally:
            for future in running:
                future.cancel()


@contextmanager
def sandboxes(threads: int, *, weak: bool) -> Iterator[tuple[ThreadPoolExecutor, Callable[[], Sandbox]]]:
    """Open a pool of threads, and a function that returns the calling thread's sandbox; all share one loader.

    Where this ends early, by an exception or by Ctrl-C, all that runs is ended at once: the pool waits for its threads.
    """
    own = threading.local()

    def sandbox() -> Sandbox:
        if not hasattr(own, "sandbox"):
            own.sandbox = opened.enter_context(Sandbox(weak=weak, loader=loader))
        mine: Sandbox = own.sandbox
        return mine

    with closing(Loader()) as loader, ExitStack() as opened, ThreadPoolExecutor(threads) as pool:
        try:
            yield pool, sandbox
        except BaseException:
            loader.abandon()
            raise
