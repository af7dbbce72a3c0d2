"""Files of runs on a disk: measured while a run works, and removed. In memory, the mount bounds them."""

from __future__ import annotations

import os
import stat
import uuid
from contextlib import suppress
from pathlib import Path

BLOCK_BYTES = 4096
# Most measurements of a folder, and the number of them that must find it within its quota.
LOOKS, CALM_LOOKS = 20, 2
# Least free space for a run; with less its writes could fail without its fault.
LEAST_BYTES = 8 << 20


def has_room(folder: Path, least_bytes: int = LEAST_BYTES) -> bool:
    """Tell whether at least these bytes can be written to a folder's disk."""
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):  # it is gone; Windows has no such call
        return True
    return found.f_bavail * found.f_frsize >= least_bytes and (found.f_favail > 0 or not found.f_files)


def exceeds_quota(folder: Path, pid: int, most_bytes: float) -> bool:
    """Tell whether a run's files take more than ``most_bytes``, or can't be measured.

    Each file counts as at least one block, which bounds their number too. A measurement in which a folder disappears
    does not count. Two that count are needed, since a folder renamed meanwhile can be missed. Files that keep changing
    exceed the quota.
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
    taken = 0.0
    with suppress(OSError):  # it has ended, or a container keeps its root from looking
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                file = descriptor.stat()
                taken += file.st_blocks * 512 if stat.S_ISREG(file.st_mode) and not file.st_nlink else 0
    return taken


def remove(folder: Path) -> None:
    """Remove a folder, also if a run has taken permissions from its owner, or nested it deeper than a path may be long.

    The contents of an inner folder are moved up before it is removed.
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
        pass  # not worth a run's result


def _folders(folder: Path) -> list[Path]:
    inner = []
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
            inner.append(path)
        else:
            path.unlink()
    return inner
