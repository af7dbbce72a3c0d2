"""What a run has written, where its files lie on a disk: looked at while it runs, for nothing else bounds it there."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

BLOCK_BYTES = 4096
# How often it is looked at, at most, and how many looks must have found nothing amiss.
LOOKS, CALM_LOOKS = 20, 2
# What a run must find on the disk; with less, its own writes could fail for no fault of its own.
LEAST_BYTES = 8 << 20


def has_room(folder: Path, least_bytes: int = LEAST_BYTES) -> bool:
    """Tell whether so much can be written to a folder's disk, as far as can be told."""
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):  # it is gone; Windows has no such call
        return True
    return found.f_bavail * found.f_frsize >= least_bytes and (found.f_favail > 0 or not found.f_files)


def larger(folder: Path, pid: int, most_bytes: float) -> bool:
    """Whether a run's files take more than so many bytes, or can't be looked at: what runs there may be hostile.

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
