"""When a run has had its time: by the clock, less what others took of the processor meanwhile.

On a busy machine a right answer would otherwise be ended for the work of others. So time is charged in windows: one in
which the run computed costs it what it computed, one in which it slept costs it all of the window.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

WINDOWS = 4
# Of a window: below the first a run sleeps, above the second nobody took anything from it.
ASLEEP, AWAKE = 0.05, 0.8
# Of a part of a window: not worth asking what was used of it, seconds.
BRIEF = 0.25
# However busy the machine is, a run is ended after so many times its seconds.
PATIENCE = 6


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


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process that is a child of this one, as Linux counts it; elsewhere, or when it is gone, 0."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of linux/posix-timers.h
    except (AttributeError, OSError):
        return 0.0
