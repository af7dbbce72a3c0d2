"""Faults of the machine as clauses: a full disk, a folder that can't be written, a file where a folder should be."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder import Error
from autograder.sandbox.scratch import has_room

_FULL = {errno.ENOSPC, errno.EDQUOT}
# Errors of the machine, which no command causes by itself.
_OF_A_MACHINE = _FULL | {errno.EROFS, errno.EIO, errno.EFBIG, errno.ESTALE}
_OF_A_MACHINE |= {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}
_NEXT = {
    **dict.fromkeys(_FULL, "make room on that disk"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "let it be written"),
    errno.EFBIG: "let files be larger (`ulimit -f`)",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "let more files be open (`ulimit -n`)"),
    errno.EISDIR: "it is a folder, and should be a file: move it away",
}
_NEXT_OF_SQLITE = {
    sqlite3.SQLITE_FULL: "make room on that disk",
    **dict.fromkeys((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN), "let it be written"),
    **dict.fromkeys((sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR), "move it away"),
    sqlite3.SQLITE_BUSY: "wait for the program that has it open",
}


class MachineError(Error):
    """The machine has failed, so a class can't be graded to its end; the message is a clause with the next step."""


def of_machine(error: BaseException) -> str:
    """Describe the machine's fault behind an exception, as a clause; "" if there is none."""
    if isinstance(error, MachineError):
        return str(error)
    if isinstance(error, MemoryError):
        return "no memory is left: end what else runs here"
    if isinstance(error, OSError) and error.errno in _OF_A_MACHINE:
        return clause(Path(str(error.filename or "a file")), error)
    return ""


def clause(path: Path, error: OSError | sqlite3.Error) -> str:
    """Make the first half of a sentence: the thing that could not be used, why, and the next step."""
    if isinstance(error, sqlite3.Error):
        # The low byte is the kind of error; the other bytes tell its place in SQLite.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code != sqlite3.SQLITE_IOERR:
            return f"{path} can't be used ({error}): {_NEXT_OF_SQLITE.get(code, 'see to its disk')}"
        # SQLite does not tell which error it was.
        error = OSError(0 if has_room(path.parent, 1) else errno.ENOSPC, str(error))
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        file = next((one for one in (path, *path.parents) if one.exists() and not one.is_dir()), path)
        return f"{file} is a file where a folder should be: move it away"
    return f"{path} can't be written ({error.strerror or error}): {_NEXT.get(error.errno or 0, 'see to its disk')}"


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Turn a failure to write to a file or folder into a MachineError."""
    try:
        yield
    except OSError as error:
        raise MachineError(clause(path, error)) from None


def see_room() -> None:
    """Raise MachineError if temporary files have no room: later submissions could not be judged."""
    folder = Path(tempfile.gettempdir())
    if not has_room(folder):
        raise MachineError(clause(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
