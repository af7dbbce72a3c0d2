"""A clock that is ahead, at another pace, and leaps: whatever a cell makes of a time comes out otherwise.

Runs beside student code. However little time passes between two looks at the clock, and however it is rounded, a
duration is another one: each look is later by more than the one before.
"""

from __future__ import annotations

import cProfile
import datetime as dt
import os
import time
import timeit
from collections.abc import Callable
from typing import Any, Self

# Seconds: 400 days, and an odd hour and minute.
_LATER = 400 * 86_400 + 5 * 3_600 + 7 * 60
_PACE = 3
# Seconds that one look at the clock takes more than the one before it.
_LEAP = 1.37
_ZONE = "A-9"


def set_ahead() -> None:
    """Put all clocks forward."""
    os.environ["TZ"] = _ZONE
    time.tzset()
    measured = time.perf_counter
    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time"):
        ahead = _LATER if name == "time" else 0
        for unit, ending in ((1, ""), (10**9, "_ns")):
            setattr(time, name + ending, _faster(getattr(time, name + ending), ahead * unit, unit))
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _of_now(getattr(time, name)))
    written = time.strftime
    time.strftime = lambda form, *moment: written(form, *(moment or (time.localtime(),)))
    timeit.default_timer = time.perf_counter
    functions: tuple[Any, ...] = (timeit.timeit, timeit.repeat, timeit.Timer.__init__)
    for function in functions:
        function.__defaults__ = tuple(time.perf_counter if one is measured else one for one in function.__defaults__)
    dt.datetime, dt.date = _DateTime, _Date  # type: ignore[misc]
    begun: Any = cProfile.Profile.__init__

    def begin(self: Any, timer: Any = None, *given: Any, **named: Any) -> None:
        begun(self, timer or time.perf_counter, *given, **named)

    cProfile.Profile.__init__ = begin  # type: ignore[method-assign]


def _faster(clock: Callable[[], Any], ahead: Any, unit: int) -> Callable[[], Any]:
    begun, looks = clock(), 0

    def look() -> Any:
        nonlocal looks
        looks += 1
        leapt = _LEAP * looks * (looks + 1) / 2 * unit
        return begun + ahead + _PACE * (clock() - begun) + (leapt if unit == 1 else int(leapt))

    return look


def _of_now(told: Callable[..., Any]) -> Callable[..., Any]:
    return lambda seconds=None: told(time.time() if seconds is None else seconds)


class _Date(dt.date):
    @classmethod
    def today(cls) -> Self:
        return cls.fromtimestamp(time.time())


class _DateTime(dt.datetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Self:
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def today(cls) -> Self:
        return cls.now()

    @classmethod
    def utcnow(cls) -> Self:
        return cls.fromtimestamp(time.time(), dt.UTC).replace(tzinfo=None)


for _own, _name in ((_Date, "date"), (_DateTime, "datetime")):
    _own.__name__ = _own.__qualname__ = _name
    _own.__module__ = "datetime"
