"""The outcome of a run that raised: whose fault it is, and the part that the student is shown."""

from __future__ import annotations

import errno
import linecache
import os
from collections.abc import Mapping
from types import TracebackType

from autograder.wire import MAX_FRAMES, Ending, Failure, Frame
from autograder.worker.job import PAGE, ProbeJob
from autograder.worker.limits import MIB

MAX_MESSAGE_CHARACTERS = 2_000


class Forbidden(ImportError):
    """The student's code imports a package that the assignment doesn't allow."""


class Oversize(Exception):
    """A draw returned more than the limit."""


def failure_of(error: BaseException, job: ProbeJob, folder: str) -> tuple[Ending, Failure]:
    """Decide whose fault an exception is, and keep the student's own frames."""
    try:
        # The student must not see the folder's path.
        message = str(error)[: 2 * MAX_MESSAGE_CHARACTERS].replace(folder, ".")
    except BaseException:
        message = "(its message could not be read)"
    given = {os.path.join(folder, f"{name}.py") for name in job.given}
    lines = _lines(error.__traceback__)
    frames = [
        Frame(os.path.basename(file), line, function, linecache.getline(file, line).strip()[:200])
        for file, line, function in lines
        if file.startswith(folder + os.sep) and file not in given
    ]
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(folder + os.sep) and not frames:
        frames = [Frame(os.path.basename(error.filename or ""), error.lineno or 0, "", (error.text or "").strip())]
        message = error.msg
    failure = Failure(type(error).__name__[:100], message[:MAX_MESSAGE_CHARACTERS], tuple(frames[-MAX_FRAMES:]))
    if limit := limit_reached(error, job.limits):
        return "exhausted", Failure("", limit, failure.frames)
    if isinstance(error, Forbidden):
        return "forbidden", failure
    if isinstance(error, NotImplementedError):
        return "missing", failure
    if isinstance(error, FileNotFoundError) and error.filename == os.path.join(folder, f"{job.module}.py"):
        return "missing", Failure("FileNotFoundError", f"{job.module}.py was not handed in")
    if frames:
        return ("asserted" if isinstance(error, AssertionError) else "raised"), failure
    if of_page := [(line, function) for file, line, function in lines if file == PAGE]:
        # Show the check page's line, which could not use the returned value.
        line, function = of_page[-1]
        text = job.page.splitlines()[line - 1].strip()
        return "misfit", Failure(failure.kind, failure.message, (Frame("checks.py", line, function, text),))
    return "raised", failure


def limit_reached(error: BaseException, limits: Mapping[str, float]) -> str:
    """Describe the limit that an exception shows to be reached, in a sentence, or return ""."""
    if isinstance(error, Oversize):
        return f"what came back is larger than {limits['returned_bytes'] / MIB:.0f} MiB"
    # A lock can't be allocated when there is no memory for it.
    no_lock = isinstance(error, RuntimeError) and str(error) == "can't allocate lock"
    if no_lock or isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return f"asked for more memory than there is (the limit is {limits['memory_bytes'] / MIB:.0f} MiB)"
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f"wrote a file larger than {limits['file_bytes'] / MIB:.0f} MiB"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"wrote more than {limits['scratch_bytes'] / MIB:.0f} MiB in all, or too many files"
    if isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN:
        return "tried to start another process; a run is one process"
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return f"tried to start more than {limits['threads']:.0f} threads"
    return ""


def _lines(trace: TracebackType | None) -> list[tuple[str, int, str]]:
    lines = []
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    return lines
