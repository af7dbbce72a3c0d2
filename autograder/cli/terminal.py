"""The terminal of a command, and what befalls it: Ctrl-C, a pipe that nobody reads any more, an alphabet of its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

# Beyond every verdict's number: not all could be done, and the same command goes on (sysexits.h, EX_TEMPFAIL).
EXIT_UNFINISHED = 75
# As shells say it of a command that Ctrl-C has ended.
EXIT_INTERRUPTED = 130


class Outlet:
    """A standard stream that may fail: what a command does doesn't hang on whether somebody reads what it says.

    Once a write has failed, because of `| head -1` or a disk that is full, what follows goes nowhere.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> Outlet:
        """The stream of bytes below, where there is one."""
        return Outlet(self._stream.buffer)

    def write(self, said: Any) -> int:
        """Write, or don't."""
        try:
            return int(self._stream.write(said))
        except OSError:
            self._give_up()
            return len(said)

    def flush(self) -> None:
        """Have everything written, or nothing."""
        try:
            self._stream.flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        # Whoever else has the stream, to the end of the interpreter, writes to nobody too.
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            self._stream.flush()


@contextmanager
def forgiving() -> Iterator[None]:
    """Standard output and error that take every letter, and fail nobody."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed; the next file that is opened, here or in what is started, would be taken for it
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    streams = sys.stdout, sys.stderr
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = (stream and Outlet(stream) for stream in streams)
    try:
        yield
    finally:
        for outlet in (sys.stdout, sys.stderr):
            if outlet:
                outlet.flush()
        sys.stdout, sys.stderr = streams


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C is an exception, as ever, and whoever it meets puts things in order; a second one ends all at once."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield  # somebody else hears it, or nobody is to
        return

    def first(number: int, frame: FrameType | None) -> None:
        # What runs sees that the grader is gone, and ends.
        signal.signal(signal.SIGINT, lambda *_: os._exit(EXIT_INTERRUPTED))
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is first:
            signal.signal(signal.SIGINT, before)  # else it ends here, and a second one ends that, too
