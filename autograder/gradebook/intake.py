"""Submissions of a class, each read in a reader, a few at a time and some ahead of those that are graded."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import msgspec

from autograder.course.problem import Problem
from autograder.gradebook.desks import sandboxes
from autograder.sandbox.limits import Limits
from autograder.sandbox.observe import Answer, OurFaultError, ReaderError, Sandbox
from autograder.submissions.beside import MAX_FILES, may_lie_beside
from autograder.submissions.choosing import MAX_MODULES, Submission, is_module
from autograder.submissions.place import Identities, Place
from autograder.submissions.reading import HandedIn, Taken, Wish
from autograder.submissions.spool import PART_BYTES, Spool
from autograder.submissions.unpack import NotOpenedError, RefusedError, limit, printable

# Of what a reader says of a submission, without its files.
MAX_TAKEN_BYTES = 4 << 20
# Submissions that are read, and wait, for each that is being read.
AHEAD = 2


def read_ahead(
    handed_in: Sequence[HandedIn], problems: Sequence[Problem], private: Identities, readers: int, *, weak: bool
) -> Generator[tuple[int, Submission], None, None]:
    """The submissions with their positions, as they are read: in order, but for those that take long."""
    with sandboxes(weak=weak) as sandbox, ThreadPoolExecutor(readers) as pool:
        running: dict[Future[Submission], int] = {}

        def read() -> Iterator[tuple[int, Submission]]:
            ready, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(ready, key=running.__getitem__):
                yield running.pop(future), future.result()

        try:
            for position, handed in enumerate(handed_in):
                running[pool.submit(lambda one: read_apart(sandbox(), one, problems, private), handed)] = position
                if len(running) >= AHEAD * readers:
                    yield from read()
            while running:
                yield from read()
        finally:
            for future in running:
                future.cancel()


def read_apart(sandbox: Sandbox, handed: HandedIn, problems: Sequence[Problem], private: Identities = ()) -> Submission:
    """The submission in a student's folder or archive, read in a reader.

    Parameters
    ----------
    private : collection of (int, int)
        Files that are not the student's, by device and number.
    """
    student = handed.student
    if handed.refused:
        return Submission(student, refused=handed.refused)
    names = tuple((problem.module_file, problem.notebook_file) for problem in problems)
    try:
        place = Place(handed.path, private)
        wish = Wish(student, place.listing, names)

        def answer(question: bytes) -> Iterator[Answer]:
            try:
                with place.open(msgspec.msgpack.decode(question, type=int)) as file:
                    yield b"", file.fileno()
            except (NotOpenedError, IndexError) as error:
                yield str(error).encode(), None

        given = {"wish": msgspec.msgpack.encode(wish)}
        parts = sandbox.call("autograder.submissions.reading:read", given, Limits(), answer)
        return _taken(student, parts, {name for pair in names for name in pair})
    except RefusedError as error:
        return Submission(student, refused=str(error))
    except ReaderError as error:
        why = f"{printable(handed.path.name)} could not be read: {error}; hand in only what was asked for"
        return Submission(student, refused=why)
    except OurFaultError as error:
        return Submission(student, unread=((error.code, str(error)),))


def _taken(student: str, parts: Iterator[bytes], wanted: Collection[str]) -> Submission:
    """The submission that a reader has taken out of what was handed in, as far as it can be one."""
    head = next(parts, b"")
    if len(head) > MAX_TAKEN_BYTES:
        raise OurFaultError("a reader says more of a submission than there can be")
    try:
        taken = msgspec.msgpack.decode(head, type=Taken)
    except msgspec.MsgspecError as error:
        raise OurFaultError(f"a reader says what no reader says ({error})") from None
    files = Spool()
    for name, size in taken.sizes:
        known = name in wanted or is_module(name) or may_lie_beside(name)
        if not known or size > limit(name) or len(files) > len(wanted) + MAX_MODULES + MAX_FILES:
            raise OurFaultError(f"a reader has taken what none may take: {printable(name)}, {size} bytes")
        files.add(name, _exactly(size, parts))
    uses = {name: used for name, used in taken.uses.items() if files.keys() >= {*used}}
    return Submission(student, files, taken.extra, taken.problems, taken.refused, uses)


def _exactly(size: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts of one file."""
    while size > 0:
        part = next(parts, b"")
        if not 0 < len(part) <= min(size, PART_BYTES):
            raise OurFaultError("a reader says less, or more, of a file than there is")
        size -= len(part)
        yield part
