"""A *reader*: a process in which a function of ours parses bytes that a student has handed in or printed.

It is confined as a run is, and no student code runs in it. The function works on the files of its
:class:`~autograder.worker.job.CallJob`, may ask the grader for more, and returns bytes, part by part. The process sends
an :class:`~autograder.wire.Observation` when the function is loaded, for each question, for each part of the result,
and at the end. The grader's answer is a length and that many bytes, with a file's descriptor if one was asked for.
"""

from __future__ import annotations

import os
import socket
import struct
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograder.wire import Ending, Failure, Frame, Observation, encode
from autograder.worker.job import CallJob, load

ASKED, RETURNED = "asked", "part"
ANSWER = struct.Struct("<Q")
MOST_FRAMES = 3

Function = Callable[[Mapping[str, Any], "Grader"], Iterable[bytes]]


class Grader:
    """The grader, as seen by a function in a reader, which can ask it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def ask(self, question: bytes) -> tuple[bytes, int | None]:
        """Return the first answer to a question, and the descriptor of a file that came with it."""
        self._channel.sendall(encode(_said(ASKED, question)))
        return self.more()

    def more(self) -> tuple[bytes, int | None]:
        """Return the next answer to the last question."""
        head, fds, _, _ = socket.recv_fds(self._channel, ANSWER.size, 1)
        while len(head) < ANSWER.size:
            head += self._received(ANSWER.size - len(head))
        return self._received(ANSWER.unpack(head)[0]), fds[0] if fds else None

    def _received(self, size: int) -> bytes:
        answer = self._channel.recv(size, socket.MSG_WAITALL) if size else b""
        if len(answer) < size:
            os._exit(1)  # the grader is gone
        return answer


def run(call: CallJob, channel: socket.socket) -> None:
    """Make a call, and send its messages."""
    function: Function = load(call.function)
    channel.sendall(encode(Observation("", 0, "returned")))
    try:
        for part in function(call.files, Grader(channel)):
            channel.sendall(encode(_said(RETURNED, part)))
    except BaseException as error:
        ending: Ending = "exhausted" if isinstance(error, MemoryError) else "faulty"
        innermost = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
        frames = [Frame(os.path.basename(one.filename), one.lineno or 0, one.name, "") for one in innermost]
        failure = Failure(type(error).__name__, str(error)[:500], tuple(frames))
        channel.sendall(encode(Observation("", 0, ending, failure=failure)))
    else:
        channel.sendall(encode(Observation("", 0, "returned")))


def _said(what: str, content: bytes) -> Observation:
    return Observation(what, 0, "returned", {what: np.frombuffer(content, np.uint8)})
