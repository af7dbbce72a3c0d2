"""The time that a run is charged for, and its limits.

A run is charged for the seconds in which it computes or sleeps, but not for those in which others had the processor:
a busy machine must not fail a right answer. Time is charged in windows. If the run computed in a window, it is charged
the CPU time that it used; if it slept, it is charged the whole window.

Each draw of a check, cell of a notebook and message of a reader has a :class:`Deadline`. All draws of a module share a
:class:`Budget`, and so do all cells of a notebook.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from autograder.worker.job import Limits

WINDOWS = 4
# Shares of a window: a run that used less CPU time slept, and one that used more had the processor to itself.
ASLEEP, AWAKE = 0.05, 0.8
# Parts of a window up to this many seconds are charged in full.
BRIEF = 0.25
# A run is ended after this many times its seconds of wall time, however busy the machine is.
PATIENCE = 6
# The same for all runs of a module or a notebook together: code that computes a little and sleeps looks like code that
# waits for the processor.
BY_THE_CLOCK = 2


class Deadline:
    """A limit on the seconds that may be charged until a run's next message.

    Parameters
    ----------
    seconds : float
        The limit, > 0.
    spent : callable
        Returns the CPU time that the run has used so far, in seconds.
    clock : callable
        Returns wall time in seconds.
    most : float
        A limit in seconds of wall time.
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
    """The time that all draws of a module, or all cells of a notebook, may take together.

    Attributes
    ----------
    seconds : float
        The limit, > 0.
    late, not_run : str
        Sentences about the draw or cell that used up the rest, and about those after it.
    left, by_the_clock : float
        Seconds left to be charged, and of wall time. At most 0 where nothing is left.
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
