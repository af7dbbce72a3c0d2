"""The time that a run is charged for, and the end of it.

A run is charged for the seconds that it computes and for those that it sleeps; not for those in which others had the
processor. On a busy machine a right answer would otherwise be ended for the work of others. Time is charged in windows:
a window in which the run computed costs it the CPU time that it used, one in which it slept costs it all of the window.
A check's draw, a notebook's cell and a reader's answer have a :class:`Deadline` each; all draws of a module, and all
cells of a notebook, share a :class:`Budget`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from autograder.worker.limits import Limits

WINDOWS = 4
# Of a window: below the first a run sleeps, above the second nobody took anything from it.
ASLEEP, AWAKE = 0.05, 0.8
# Of a part of a window: not worth asking what was used of it, seconds.
BRIEF = 0.25
# However busy the machine is, a run is ended after so many times its seconds.
PATIENCE = 6
# The same of all runs of a module, or of a notebook: what computes a little and sleeps looks as if others took the
# processor from it.
BY_THE_CLOCK = 2


class Deadline:
    """The end of a number of seconds.

    Parameters
    ----------
    seconds : float
        What there is, > 0.
    most : float
        Of the clock, whoever takes the processor meanwhile.
    spent : callable
        The seconds of CPU time that the run has used so far. Not asked for before a quarter of the time is over.
    clock : callable
        Seconds of wall time.
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
        self._spent = spent
        self._clock = clock
        self._last = clock() + min(PATIENCE * seconds, most)
        self._ends = clock() + self._window
        self._before: float | None = None

    def wait(self) -> float:
        """For how many seconds to wait before asking again; TimeoutError when the time is over."""
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
        """The seconds that have been charged, those of the window that has not ended among them."""
        part = max(self._clock() - (self._ends - self._window), 0.0)
        if part > BRIEF:
            used = self._spent() - (self._before or 0.0)
            part = used if ASLEEP * part < used < AWAKE * part else part
        return self._seconds - self._left + part


@dataclass
class Budget:
    """The time that all draws of a module, or all cells of a notebook, may still take together.

    Attributes
    ----------
    seconds : float
        All that there was, > 0.
    late, not_run : str
        The sentences about what has used up the rest, and about what comes after it.
    left, by_the_clock : float
        Seconds that have not been charged, and seconds of wall time until the end, however busy the machine. At most 0
        where nothing is left.
    """

    seconds: float
    late: str
    not_run: str

    def __post_init__(self) -> None:
        self.left = self.seconds
        self.by_the_clock = BY_THE_CLOCK * self.seconds

    @classmethod
    def of_module(cls, limits: Limits) -> Self:
        """The budget of a module's import and all of its draws, in all processes that these take."""
        late = f"all checks together ran past the limit of {limits.module_seconds:g} s"
        before = f"the checks before it had used up the module's {limits.module_seconds:g} s"
        return cls(limits.module_seconds, late, f"it was not run: {before}")

    @classmethod
    def of_notebook(cls, limits: Limits) -> Self:
        """The budget of a notebook's cells, in all runs that these take."""
        late = f"the notebook ran past the limit of {limits.notebook_seconds:g} s"
        return cls(limits.notebook_seconds, late, "it was not run: the cells before it had used up the notebook's time")

    @property
    def spent(self) -> bool:
        """Nothing more may run."""
        return self.left <= 0 or self.by_the_clock <= 0

    def charge(self, seconds: float, by_the_clock: float) -> None:
        """Take off the seconds that a deadline has counted, and those that have passed meanwhile."""
        self.left -= seconds
        self.by_the_clock -= by_the_clock


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process that is a child of this one, as Linux counts it; elsewhere, or when it is gone, 0."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of linux/posix-timers.h
    except (AttributeError, OSError):
        return 0.0
