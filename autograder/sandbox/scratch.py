"""The files of runs where they lie on a disk: measured while a run works, for nothing else bounds them, and removed."""

from __future__ import annotations

import os
import stat
import uuid
from contextlib import suppress
from pathlib import Path

BLOCK_BYTES = 4096
# How often it is looked at, at most, and how many looks must have found nothing amiss.
LOOKS, CALM_LOOKS = 20, 2
# What a run must find on the disk; with less, its own writes could fail for no fault of its own.
LEAST_BYTES = 8 << 20


def has_room(folder: Path, least_bytes: int = LEAST_BYTES) -> bool:
    """Find out if so much can be written to a folder's disk, as far as can be told."""
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):  # it is gone; Windows has no such call
        return True
    return found.f_bavail * found.f_frsize >= least_bytes and (found.f_favail > 0 or not found.f_files)


def exceeds_quota(folder: Path, pid: int, most_bytes: float) -> bool:
    """Find out if a run's files take more than so many bytes, or can't be looked at: what runs there may be hostile.

    A file counts as a block at least, so that there are not too many of them either. Where a folder was gone when it
    was looked into, the look doesn't count; one that has another name by then can be overlooked, so it takes two that
    do. What never holds still is hiding something.
    """
    calm = 0
    for _ in range(LOOKS):
        try:
            if _taken(folder, most_bytes) + _nameless(pid) > most_bytes:
                return True
        except FileNotFoundError:
            continue
        except OSError:
            return True  # unreadable, or too deep to be named: no honest code makes such a folder
        calm += 1
        if calm == CALM_LOOKS:
            return False
    return True


def _taken(folder: Path, most_bytes: float) -> float:
    """The bytes that files below a folder take, or some number of them that is more than so many."""
    taken = 0.0
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                taken += BLOCK_BYTES
                if taken > most_bytes:
                    return taken
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                with suppress(FileNotFoundError):  # a file that is gone takes nothing more
                    taken += max(entry.stat(follow_symlinks=False).st_blocks * 512 - BLOCK_BYTES, 0)
    return taken


def _nameless(pid: int) -> float:
    """The bytes of the files that a process holds open and that are in no folder any more."""
    taken = 0.0
    with suppress(OSError):  # it has ended, or a container keeps its root from looking
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                file = descriptor.stat()
                taken += file.st_blocks * 512 if stat.S_ISREG(file.st_mode) and not file.st_nlink else 0
    return taken


def remove(folder: Path) -> None:
    """Remove a folder, whatever a run has made of it: closed to its owner, or deeper than a path can tell.

    Without recursion, and never by a long path: what lies within an inner folder is moved up before that is removed.
    """
    mark = uuid.uuid4().hex
    moved = 0
    try:
        folder.chmod(0o700)
        while inner := _folders(folder):
            for path in inner:
                for deeper in _folders(path):
                    moved += 1
                    deeper.rename(folder / f"{mark}{moved}")
                path.rmdir()
        folder.rmdir()
    except OSError:
        pass  # what can't be removed is not worth a run's result


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, opened to their owner; the files in it are removed."""
    inner = []
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
            inner.append(path)
        else:
            path.unlink()
    return inner
