"""A run that looks as if it were on another machine, on another day: what that changes is no result of a notebook's.

Runs beside student code, in the second run of a notebook that seems stale. Where a saved output is not what the first
run shows, and the second shows something else again, nothing is held against anybody. So whatever an honest cell may
tell of where and when it was run is made to differ here: the clock and its pace, the day, the machine and its cores,
the process, the folder and the files in it, what another program prints. The order of sets, hashes and addresses are
those of the server that the run was forked from: it has another seed, too (:mod:`autograder.sandbox.observe`).
"""

from __future__ import annotations

import os
import platform
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

# Its name has a space, as folders on people's own machines have.
FOLDER = "another folder"
FILE = "another_file_of_yours"
ENDINGS = (".py", ".ipynb", ".png", ".npz", ".csv", ".txt", ".json", "")
PROGRAMS_PRINT = ("what another machine's program prints",)
# A day, which is as far as a time zone goes: another date, and another day of the week.
_TOMORROW = "A-24"
_LATER = 400 * 86_400
_PACE = 3


def settle(folder: str) -> str:
    """Go abroad: the folder to work in, within the given one."""
    os.environ.update(TZ=_TOMORROW, USER="another", LOGNAME="another", PATH="/another/bin")
    time.tzset()
    sys.argv[:] = ["another"]
    sys.modules["another"] = ModuleType("another")
    _set_clocks()
    _replace(os, "getpid", lambda: os.getppid() + 4321)
    cores = (os.cpu_count() or 1) + 1
    _replace(os, "cpu_count", lambda: cores)
    _replace(os, "process_cpu_count", lambda: cores)
    _replace(os, "sched_getaffinity", lambda _=0: set(range(cores)))
    machine = platform.uname_result("Another", "another-machine", "1.2", "#3", "another")
    platform.uname = lambda: machine
    platform.processor = lambda: "another"
    _replace(os, "uname", lambda: os.uname_result((machine.system, machine.node, "1.2", "#3", "another")))
    there = Path(folder, FOLDER)
    there.mkdir()
    for ending in ENDINGS:
        (there / (FILE + ending)).touch()
    return str(there)


def _set_clocks() -> None:
    for name, ahead in (("time", _LATER), ("perf_counter", 0), ("process_time", 0), ("thread_time", 0)):
        for unit, ending in ((1, ""), (10**9, "_ns")):
            setattr(time, name + ending, _faster(getattr(time, name + ending), ahead * unit))
    timeit.default_timer = time.perf_counter


def _faster(clock: Callable[[], Any], ahead: int) -> Callable[[], Any]:
    """A clock that is ahead, and goes at another pace."""
    begun = clock()
    return lambda: begun + ahead + _PACE * (clock() - begun)


def _replace(module: Any, name: str, instead: Callable[..., Any]) -> None:
    """Another function of that name, where this system and Python have one."""
    if hasattr(module, name):
        setattr(module, name, instead)
