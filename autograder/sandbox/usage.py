"""The time that a run is charged for, and the space of its files on a disk.

A run is charged for the seconds in which it computes or sleeps, but not for those in which others had the processor:
a busy machine must not fail a right answer. Time is charged in windows. If the run computed in a window, it is charged
the CPU time that it used; if it slept, it is charged the whole window.

Each draw of a check, cell of a notebook and message of a reader has a :class:`Deadline`. All draws of a module share a
:class:`Budget`, and so do all cells of a notebook.

Files in memory are bounded by their mount. Those on a disk are measured while the run works, and removed after it.
"""

from __future__ import annotations

import math
import os
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autograder.worker.job import ASLEEP, AWAKE, WINDOWS, Limits

# Parts of a window up to this many seconds are charged in full.
BRIEF = 0.25
BLOCK_BYTES = 4096
# Most measurements of a folder, and the number of them that must find it within its quota.
LOOKS, CALM_LOOKS = 20, 2
# Least free space for a run; with less its writes could fail without its fault.
LEAST_BYTES = 8 << 20
# A run is ended after this many times its seconds of wall time, however busy the machine is.
PATIENCE = 6
# The same for all runs of a module or a notebook together: code that computes a little and sleeps looks like code that
# waits for the processor.
BY_THE_CLOCK = 2


class Deadline:
    """A limit on the seconds that may be charged until a run's next message, and, ``most``, on wall time.

    ``spent`` returns the CPU time that the run has used so far, and ``clock`` wall time, in seconds.
    """

    def __init__(
        self,
        seconds: float,
        spent: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
        *,
        most: float = math.inf,
    ) -> None:
        self._seconds = self._left = seconds
        self._window = seconds / WINDOWS
        self._spent, self._clock = spent, clock
        self._last = clock() + min(PATIENCE * seconds, most)
        self._ends = clock() + self._window
        self._before: float | None = None

    def wait(self) -> float:
        """Return the seconds to wait before asking again; raise TimeoutError when the time is over."""
        while (wait := min(self._ends, self._last) - self._clock()) <= 0:
            spent = self._spent()
            used = self._window if self._before is None else spent - self._before
            self._before = spent
            shared = ASLEEP * self._window < used < AWAKE * self._window
            self._left -= used if shared else self._window
            if self._left <= 0 or self._clock() >= self._last:
                raise TimeoutError
            self._ends = self._clock() + self._window
        return wait

    def charged(self) -> float:
        """Return the seconds charged so far, those of the current window among them."""
        part = max(self._clock() - (self._ends - self._window), 0.0)
        if part > BRIEF:
            used = self._spent() - (self._before or 0.0)
            part = used if ASLEEP * part < used < AWAKE * part else part
        return self._seconds - self._left + part


@dataclass
class Budget:
    """The seconds that all draws of a module, or all cells of a notebook, may take together.

    ``late`` and ``not_run`` are sentences about the one that used up the rest, and about those after it. ``left`` are
    the seconds left to be charged, ``by_the_clock`` those of wall time: at most 0 where nothing is left.
    """

    seconds: float
    late: str
    not_run: str

    def __post_init__(self) -> None:
        self.left = self.seconds
        self.by_the_clock = BY_THE_CLOCK * self.seconds

    @classmethod
    def of_module(cls, limits: Limits) -> Self:
        """Make the budget of a module's import and all of its draws."""
        late = f"all checks together ran past the limit of {limits.module_seconds:g} s"
        before = f"the checks before it had used up the module's {limits.module_seconds:g} s"
        return cls(limits.module_seconds, late, f"it was not run: {before}")

    @classmethod
    def of_notebook(cls, limits: Limits) -> Self:
        """Make the budget of a notebook's cells."""
        late = f"the notebook ran past the limit of {limits.notebook_seconds:g} s"
        return cls(limits.notebook_seconds, late, "it was not run: the cells before it had used up the notebook's time")

    @property
    def spent(self) -> bool:
        """No time is left: nothing more may run."""
        return self.left <= 0 or self.by_the_clock <= 0

    def charge(self, seconds: float, by_the_clock: float) -> None:
        """Take off seconds that a deadline has charged, and seconds of wall time."""
        self.left -= seconds
        self.by_the_clock -= by_the_clock


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a child process, on Linux; 0 elsewhere, or when it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of linux/posix-timers.h
    except (AttributeError, OSError):
        return 0.0


def has_room(folder: Path, least_bytes: int = LEAST_BYTES) -> bool:
    """Tell whether at least these bytes can be written to a folder's disk."""
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):  # it is gone; Windows has no such call
        return True
    return found.f_bavail * found.f_frsize >= least_bytes and (found.f_favail > 0 or not found.f_files)


def exceeds_quota(folder: Path, pid: int, most_bytes: float) -> bool:
    """Tell whether a run's files take more than ``most_bytes``, or can't be measured.

    A measurement in which a folder disappears does not count. Two that count are needed, since a folder renamed
    meanwhile can be missed. Files that keep changing exceed the quota.
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
                taken += BLOCK_BYTES  # at least, which bounds the number of files, too
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
    """Remove a folder, also one that a run has closed to its owner, or nested deeper than a path may be long."""
    with suppress(OSError):
        folder.rmdir()  # mostly it is empty
    if folder.exists():
        for command in (["/bin/chmod", "-R", "u+rwx"], ["/bin/rm", "-rf"]):
            subprocess.run([*command, "--", folder], check=False, stderr=subprocess.DEVNULL)  # noqa: S603
