"""Submissions of a class, each read in a reader, a few at a time and some ahead of those that are graded."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from typing import Annotated

import msgspec

from autograder.codes import Code
from autograder.course.problem import Problem
from autograder.gradebook.executors import Waits, in_threads
from autograder.gradebook.faults import MachineError, see_room
from autograder.sandbox.observe import Answer, OurFaultError, ReaderError, Sandbox
from autograder.submissions.attachments import MAX_FILES, may_lie_beside
from autograder.submissions.place import Identities, Place, UnreadError
from autograder.submissions.reading import MAX_ASKED, HandedIn, Taken, Wish, read
from autograder.submissions.selection import MAX_MODULES, Submission, is_module
from autograder.submissions.spool import PART_BYTES, Spool
from autograder.submissions.unpack import NotOpenedError, RefusedError, limit, printable
from autograder.worker.limits import Limits

# Of what a reader says of a submission, without its files.
MAX_TAKEN_BYTES = 4 << 20
# Of listed files.
Numbers = Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(min_length=1, max_length=MAX_ASKED)]


def read_ahead(
    handed_in: Sequence[HandedIn],
    problems: Sequence[Problem],
    private: Identities,
    readers: int,
    waits: Waits = lambda _: None,
    *,
    weak: bool,
) -> Generator[tuple[int, Submission], None, None]:
    """The submissions with their positions, as they are read: in order, but for those that take long.

    Raises
    ------
    MachineError
        If the folder of submissions is gone, or there is no room to keep what is read.
    """

    def read_one(sandbox: Sandbox, at: tuple[int, HandedIn]) -> Submission:
        return read_apart(sandbox, at[1], problems, private)

    named = ((handed.student, (position, handed)) for position, handed in enumerate(handed_in))
    with closing(in_threads(readers, read_one, named, waits, weak=weak)) as done:
        for (position, handed), future in done:
            yield position, _outcome(handed, future)


def _outcome(handed: HandedIn, future: Future[Submission]) -> Submission:
    """The submission as read; a fault of ours, and this submission's alone, where that is an exception."""
    try:
        submission = future.result()
    except Exception as error:  # noqa: BLE001  whatever it is: a submission ends here
        why = f"the grader failed to read it: {type(error).__name__}: {error}"
        submission = Submission(handed.student, unread=((Code.FAULTY_GRADER, why),))
    if submission.unread:
        see_room()
        if not handed.path.parent.is_dir():
            raise MachineError(f"{handed.path.parent} is no longer there: put it back")
    return submission


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

        unread: list[UnreadError] = []

        def answer(question: bytes) -> Iterator[Answer]:
            try:
                for number in msgspec.msgpack.decode(question, type=Numbers):
                    try:
                        with place.open(number) as file:
                            yield (), file.fileno()
                    except NotOpenedError as error:
                        yield (str(error).encode(),), None
                    except UnreadError as error:
                        unread.append(error)
                        yield (str(error).encode(),), None
            except (IndexError, msgspec.MsgspecError) as error:
                raise OurFaultError(f"a reader asks for what is no file ({error})") from None

        given = {"wish": msgspec.msgpack.encode(wish)}
        parts = sandbox.call(read, given, _limits(problems), answer)
        taken = _taken(student, parts, {name for pair in names for name in pair})
        return _unread(student, unread[0]) if unread else taken
    except UnreadError as error:
        return _unread(student, error)
    except RefusedError as error:
        return Submission(student, refused=str(error))
    except ReaderError as error:
        why = f"{printable(handed.path.name)} could not be read: {error}; hand in only what was asked for"
        return Submission(student, refused=why)
    except OurFaultError as error:
        return Submission(student, unread=((error.code, str(error)),))


def _unread(student: str, error: UnreadError) -> Submission:
    return Submission(student, unread=((Code.FAULTY_GRADER, f"what was handed in could not be read here: {error}"),))


def _limits(problems: Sequence[Problem]) -> Limits:
    """The limits of reading a submission: the largest of its problems'."""
    limits = [problem.limits for problem in problems] or [Limits()]
    return Limits(
        reading_seconds=max(one.reading_seconds for one in limits),
        reading_memory_bytes=max(one.reading_memory_bytes for one in limits),
    )


def _taken(student: str, parts: Iterator[bytes], wanted: Collection[str]) -> Submission:
    """The submission that a reader has taken out of what was handed in, as far as it can be one."""
    head = next(parts, b"")
    if len(head) > MAX_TAKEN_BYTES:
        raise OurFaultError("a reader says more of a submission than there can be")
    try:
        taken = msgspec.msgpack.decode(head, type=Taken)
    except msgspec.MsgspecError as error:
        raise OurFaultError(f"a reader says what no reader says ({error})") from None
    files, contents = Spool(), _Contents(parts)
    for name, size in taken.sizes:
        known = name in wanted or is_module(name) or may_lie_beside(name)
        if not known or size > limit(name) or len(files) > len(wanted) + MAX_MODULES + MAX_FILES:
            raise OurFaultError(f"a reader has taken what none may take: {printable(name)}, {size} bytes")
        files.add(name, contents.exactly(size))
    if contents.held:
        raise OurFaultError("a reader says more of a file than there is")
    uses = {name: used for name, used in taken.uses.items() if name in wanted and files.keys() >= {*used}}
    problems = {name: printable(said) for name, said in taken.problems.items() if name in wanted}
    return Submission(student, files, tuple(map(printable, taken.extra)), problems, printable(taken.refused), uses)


class _Contents:
    """The contents of files, one after the other, as they come."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.held = b""

    def exactly(self, size: int) -> Iterator[bytes]:
        """The parts of the next file."""
        while size > 0:
            self.held = self.held or next(self._parts, b"")
            if not 0 < len(self.held) <= PART_BYTES:
                raise OurFaultError("a reader says less, or more, of a file than there is")
            part, self.held = self.held[:size], self.held[size:]
            size -= len(part)
            yield part
