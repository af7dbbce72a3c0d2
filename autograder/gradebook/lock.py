"""The lock of a folder: one process at a time writes there.

It is the kernel's, on a file in it. So it is one lock by whatever name the folder is reached, two threads
can't have it either, and it goes with the process, however that ends. The file also says who holds it. That is for
people: nothing is decided by what stands there.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from autograder.sandbox.process import SandboxError

LOCK_FILE = "gradebook.sqlite-lock"


class LockedError(Exception):
    """Somebody else writes there; the message says who, and what to do."""


class _Holder(msgspec.Struct, frozen=True):
    process: int
    host: str
    since: str


class Lock:
    """The lock of a folder, held until it is closed.

    Parameters
    ----------
    path : Path
        A file in the folder, made if need be. It stays: if it were removed, one process could lock the file that
        was there and another the one that is.

    Raises
    ------
    LockedError
        If it is held already, or its file system has no locks.
    SandboxError
        If the system has none.
    OSError
        If the file can't be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            import fcntl  # noqa: PLC0415  Unix's own, and this module is read on Windows too
        except ModuleNotFoundError:
            raise SandboxError(
                "classes can't be graded on this system: grade on Linux "
                "(`autograder check` works here, on one's own code)"
            ) from None
        # Not inherited by what is started meanwhile: a process that outlived the grader would go on holding it.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            holder = _Holder(os.getpid(), socket.gethostname(), datetime.now().astimezone().isoformat(" ", "seconds"))
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, msgspec.json.encode(holder) + b"\n", 0)
        except OSError as error:
            said = os.pread(self._descriptor, 1 << 12, 0)
            os.close(self._descriptor)
            # Some network file systems lock by a service that has its own words for "held".
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                raise LockedError(
                    f"{path.parent} is in use: {_who(said)} is at work there; wait for it to end"
                ) from None
            if error.errno in {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF}:
                raise LockedError(
                    f"{path.parent} is on a file system without locks ({error.strerror}), where two graders could "
                    "spoil each other's results; keep it on a disk of this machine"
                ) from None
            raise

    def close(self) -> None:
        """Let go of it."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _who(said: bytes) -> str:
    """The holder, as the file has it."""
    try:
        holder = msgspec.json.decode(said, type=_Holder)
    except msgspec.DecodeError:  # it has only just taken the lock
        return "another process"
    stopped = ""
    if holder.host == socket.gethostname() and _is_stopped(holder.process):
        stopped = f", which is stopped (`kill -CONT {holder.process}` has it go on)"
    return f"process {holder.process} on {holder.host}, begun {holder.since}{stopped},"


def _is_stopped(process: int) -> bool:
    """Tell whether a process of this machine was stopped, as by Ctrl-Z."""
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b") ")[2][:1] == b"T"
    except OSError:
        return False
