"""A function of ours at work on what a student has handed in or put out: what runs in a *reader*.

Bytes that a stranger has written can make any parser slow, large or wrong. So they are parsed in a process that is
confined as a run is, knows no secret, and is ended when it passes a limit. No student code runs in it. The function
works on the files of its :class:`~autograder.worker.job.CallJob`, may ask the grader for more, and returns bytes, part
by part, which the grader reads in bounds and checks.

To the grader goes an :class:`~autograder.wire.Observation` for each thing that is said: the first when the function is
there, then its questions, then the parts of what it returns, and a last one that says how it ended. From the grader
come a call and then answers: a length, that many bytes, and with them a file's descriptor where one was asked for.
"""

from __future__ import annotations

import os
import socket
import struct
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
    """The grader, as a function in a reader sees it: somebody to ask."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def ask(self, question: bytes) -> tuple[bytes, int | None]:
        """The first answer to a question, and the descriptor of a file that came with it."""
        self._channel.sendall(encode(_said(ASKED, question)))
        return self.more()

    def more(self) -> tuple[bytes, int | None]:
        """The next answer to the last question."""
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
    """Answer a call: a message when the function is there, the parts of what it returns, and one at the end."""
    function: Function = load(call.function)
    channel.sendall(encode(Observation("", 0, "returned")))
    try:
        for part in function(call.files, Grader(channel)):
            channel.sendall(encode(_said(RETURNED, part)))
    except BaseException as error:
        ending: Ending = "exhausted" if isinstance(error, MemoryError) else "faulty"
        channel.sendall(encode(Observation("", 0, ending, failure=_failure(error))))
    else:
        channel.sendall(encode(Observation("", 0, "returned")))


def _said(what: str, content: bytes) -> Observation:
    return Observation(what, 0, "returned", {what: np.frombuffer(content, np.uint8)})


def _failure(error: BaseException) -> Failure:
    """An exception of ours, with the innermost lines it came from."""
    frames: list[Frame] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(Frame(os.path.basename(code.co_filename), trace.tb_lineno, code.co_name, ""))
        trace = trace.tb_next
    return Failure(type(error).__name__, str(error)[:500], tuple(frames[-MOST_FRAMES:]))
