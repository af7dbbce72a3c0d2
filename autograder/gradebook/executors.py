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
from autograder.gradebook.faults import MachineError, see_room
from autograder.gradebook.store import Key
from autograder.report import ProblemReport
from autograder.sandbox.observe import Answer, OurFaultError, ReaderError, Sandbox
from autograder.sandbox.runs import Loader
from autograder.submissions import reading
from autograder.submissions.attachments import MAX_FILES, may_lie_beside
from autograder.submissions.reading import HandedIn, Taken, Wish
from autograder.submissions.selection import MAX_MODULES, Submission, is_module
from autograder.submissions.storage import Identities, Source, Spool, UnreadError
from autograder.submissions.unpack import NotOpenedError, RefusedError, limit, printable
from autograder.worker.job import Limits

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
    """A submission to be graded, and its position in the class.

    Attributes
    ----------
    keys : mapping of str to Key
        The keys of its results, by the ids of problems and notebooks.
    known : dict of str to ProblemReport
        The results that are there already, by id.
    ids : tuple of str
        What is left to grade.
    """

    position: int
    submission: Submission
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

    Raises
    ------
    MachineError
        If the folder of submissions is gone, or there is no room to keep what is read.
    """

    def read(sandbox: Sandbox, at: tuple[int, HandedIn]) -> Submission:
        return read_apart(sandbox, at[1], problems, private)

    named = ((handed.student, (position, handed)) for position, handed in enumerate(handed_in))
    with closing(in_threads(readers, read, named, waits, weak=weak)) as done:
        for (position, handed), future in done:
            try:
                submission = future.result()
            except Exception as error:  # noqa: BLE001  whatever it is: a submission ends here
                submission = _unread(handed, f"the grader failed to read it: {type(error).__name__}: {error}")
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
    bounds = [problem.limits for problem in problems] or [Limits()]
    limits = Limits(
        reading_seconds=max(one.reading_seconds for one in bounds),
        reading_memory_bytes=max(one.reading_memory_bytes for one in bounds),
    )
    try:
        source = Source(handed.path, private)
        unread: list[UnreadError] = []

        def answer(question: bytes) -> Iterator[Answer]:
            try:
                with source.open(msgspec.msgpack.decode(question, type=int)) as file:
                    yield (), file.fileno()
            except NotOpenedError as error:
                yield (str(error).encode(),), None
            except UnreadError as error:
                unread.append(error)
                yield (str(error).encode(),), None

        wish = msgspec.msgpack.encode(Wish(handed.student, source.listing, names))
        parts = sandbox.call(reading.read, {"wish": wish}, limits, answer)
        taken = _taken(handed.student, parts, {name for pair in names for name in pair})
        if unread:
            raise unread[0]
    except UnreadError as error:
        return _unread(handed, f"what was handed in could not be read here: {error}")
    except RefusedError as error:
        return Submission(handed.student, refused=str(error))
    except ReaderError as error:
        why = f"{printable(handed.path.name)} could not be read: {error}; hand in only what was asked for"
        return Submission(handed.student, refused=why)
    except OurFaultError as error:
        return _unread(handed, str(error), error.code)
    except (IndexError, msgspec.MsgspecError) as error:
        return _unread(handed, f"a reader says or asks for what there can't be ({error})")
    return taken


def _unread(handed: HandedIn, why: str, code: Code = Code.FAULTY_GRADER) -> Submission:
    return Submission(handed.student, unread=((code, why),))


def _taken(student: str, parts: Iterator[bytes], wanted: Collection[str]) -> Submission:
    head = next(parts, b"")
    if len(head) > MAX_TAKEN_BYTES:
        raise OurFaultError("a reader says more of a submission than there can be")
    taken = msgspec.msgpack.decode(head, type=Taken)
    files, held = Spool(), b""

    def content(size: int) -> Iterator[bytes]:
        nonlocal held
        while size > 0:
            held = held or next(parts, b"")
            if not held:
                raise OurFaultError("a reader says less of a file than there is")
            part, held = held[:size], held[size:]
            size -= len(part)
            yield part

    for name, size in taken.sizes:
        known = name in wanted or is_module(name) or may_lie_beside(name)
        if not known or size > limit(name) or len(files) > len(wanted) + MAX_MODULES + MAX_FILES:
            raise OurFaultError(f"a reader has taken what none may take: {printable(name)}, {size} bytes")
        files.add(name, content(size))
    if held:
        raise OurFaultError("a reader says more of a file than there is")
    uses = {name: used for name, used in taken.uses.items() if name in wanted and files.keys() >= {*used}}
    problems = {name: printable(said) for name, said in taken.problems.items() if name in wanted}
    return Submission(student, files, tuple(map(printable, taken.extra)), problems, printable(taken.refused), uses)


def threads(grader: Grader, workers: int, waits: Waits = lambda _: None) -> Executor:
    """Make an executor of ``workers`` threads."""

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
                    found = tuple(grader.unjudged(name, Code.FAULTY_GRADER, why) for name in piece.ids)
                yield piece, found

    return execute


def in_threads(
    count: int, do: Callable[[Sandbox, Item], Result], items: Iterable[tuple[str, Item]], waits: Waits, *, weak: bool
) -> Generator[tuple[Item, Future[Result]], None, None]:
    """Process items in ``count`` threads, each item a student's, and yield each with its finished future.

    In order, but for those that take long. Few items are taken before they can begin.
    """
    since: dict[str, float] = {}
    running: dict[Future[Result], Item] = {}
    with sandboxes(count, weak=weak) as (pool, sandbox):

        def one(student: str, item: Item) -> Result:
            since[student] = time.monotonic()
            try:
                return do(sandbox(), item)
            finally:
                del since[student]

        def done() -> Iterator[tuple[Item, Future[Result]]]:
            while not (ready := wait(running, TELL_SECONDS, return_when=FIRST_COMPLETED).done):
                longest = sorted(since.copy().items(), key=lambda item: item[1])
                waits([(student, time.monotonic() - began) for student, began in longest])
            for future in [future for future in running if future in ready]:
                yield running.pop(future), future

        try:
            for student, item in items:
                try:
                    future = pool.submit(one, student, item)
                except RuntimeError as error:  # no thread can be started
                    future = Future()
                    future.set_exception(error)
                running[future] = item
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
