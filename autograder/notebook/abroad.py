"""A run that looks as if it were on another machine, on another day: what that changes is no result of a notebook's.

Runs beside student code, in the further runs of a notebook that seems stale. Where a saved output is not what the first
run shows, and the second shows something else again, what is different there is held against nobody. So whatever an
honest cell may tell of where and when it was run is made to differ here: the clock and its pace, the day, the machine
and its cores, the process, the versions, the settings, the folder and the files in it, what another program prints. A
list of what is there is longer, at both of its ends, for that is how it is found to be one
(:mod:`autograder.notebook.steady`).
"""

from __future__ import annotations

import builtins
import gc
import importlib.metadata
import itertools
import locale
import os
import platform
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.notebook import clock

# Its name has a space, as folders on people's own machines have.
FOLDER = "another folder"
# The first and the last in the order of the alphabet.
NAMES = ("AAA_another", "zzz_another")
ENDINGS = (".py", ".ipynb", ".png", ".npz", ".csv", ".txt", ".json", "")
PROGRAMS_PRINT = ("what another machine's program prints",)
# What people's machines say of themselves, and Jupyter, Colab and environments of Python on them.
_SAID = (
    *("HOME", "LANG", "LOGNAME", "PWD", "SHELL", "TERM", "TMPDIR", "USER", "USERNAME", "USERPROFILE", "HOSTNAME"),
    *("COMPUTERNAME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_DEFAULT_ENV", "CONDA_PREFIX", "COLAB_GPU"),
    *("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE", "VSCODE_PID", "JPY_SESSION_NAME"),
)
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LATER_VERSION = 50


def settle(folder: str, is_cell: Callable[[str], bool]) -> str:
    """Go abroad: the folder to work in, within the given one.

    Parameters
    ----------
    is_cell : callable
        Whether code that comes from a file of that name is a cell's: what libraries live on, only cells see changed.
    """
    _set_environment()
    clock.set_ahead()
    _be_another_process()
    _be_another_machine()
    _be_another_python(is_cell)
    there = Path(folder, FOLDER)
    there.mkdir()
    for name in NAMES:
        for ending in ENDINGS:
            (there / (name + ending)).touch()
    _replace(os, "stat", _another_stat(os.stat))
    _replace(os, "lstat", _another_stat(os.lstat))
    _replace(os.path, "islink", lambda _: False)
    return str(there)


def name_more(namespace: dict[str, Any]) -> None:
    """Have names in a notebook that other programs put there, and settings of another matplotlib."""
    namespace.update(dict.fromkeys(NAMES))
    settings = sys.modules["matplotlib"].rcParams
    for name in NAMES:
        dict.__setitem__(settings, name, "another")


def _set_environment() -> None:
    inherited = {name: text for name, text in os.environ.items() if name not in _THREADS}
    os.environ.clear()
    os.environ.update({NAMES[0]: "another", **inherited, **dict.fromkeys(_SAID, "another"), "PATH": "/another/bin"})
    os.environ.update({**dict.fromkeys(_THREADS, "3"), NAMES[1]: "another"})
    sys.argv[:] = ["another"]
    sys.orig_argv[:] = ["another"]
    for name in NAMES:
        sys.modules[name] = ModuleType(name)
    sys.path[:] = ["/another/lib", *sys.path, "/another/site-packages"]


def _be_another_process() -> None:
    parent = os.getppid()
    _replace(os, "getpid", lambda: parent + 4321)
    _replace(os, "getppid", lambda: parent + 4300)
    for name in ("getuid", "geteuid", "getgid", "getegid"):
        _shift(os, name, 1001)
    # Threads are numbered, and a kernel has some of its own.
    threading._counter = itertools.count(43).__next__  # type: ignore[attr-defined]  # noqa: SLF001
    _shift(gc, "collect", 3)
    counted = gc.get_count
    _replace(gc, "get_count", lambda: tuple(count + 7 for count in counted()))
    resource = sys.modules.get("resource")
    if resource is not None:
        _replace(resource, "getrlimit", lambda _: (4321, 4321))
    for name in ("empty", "empty_like"):
        _replace(np, name, _full(getattr(np, name)))
    # Addresses are those of the server that a run was forked from, and so the same in several runs.
    found = builtins.id
    builtins.id = lambda one, /: found(one) + 0x5_4321_0


def _be_another_machine() -> None:
    cores = (os.cpu_count() or 1) + 1
    _replace(os, "cpu_count", lambda: cores)
    _replace(os, "process_cpu_count", lambda: cores)
    _replace(os, "sched_getaffinity", lambda _=0: set(range(cores)))
    _replace(os, "getloadavg", lambda: (4.3, 2.1, 1.0))
    machine = platform.uname_result("Another", "another-machine", "1.2", "#3", "another")
    platform.uname = lambda: machine
    platform.processor = lambda: "another"
    platform.architecture = lambda *_, **__: ("another", "another")
    platform.libc_ver = lambda *_, **__: ("another", "9.9")
    platform.python_compiler = lambda: "another"
    platform.python_build = lambda: ("another", "another")
    platform.platform = lambda *_, **__: "Another-9.9"
    socket.gethostname = lambda: "another-machine"
    _replace(locale, "getlocale", lambda *_: ("another", "another"))
    _replace(os, "uname", lambda: os.uname_result((machine.system, machine.node, "1.2", "#3", "another")))
    usage = shutil.disk_usage(os.curdir)
    _replace(shutil, "which", lambda name, *_, **__: f"/another/bin/{name}")
    _replace(shutil, "disk_usage", lambda _: usage._replace(total=4321, used=321, free=4000))


def _be_another_python(is_cell: Callable[[str], bool]) -> None:
    """Versions and flags, as far as only cells ask for them: what libraries do depends on them."""
    real = sys.version_info

    class VersionInfo(tuple):  # type: ignore[type-arg]
        """A version that a cell finds to be later."""

        __slots__ = ()

        def __getitem__(self, which: Any) -> Any:
            return (self._seen() if is_cell(_caller()) else real)[which]

        def __iter__(self) -> Iterator[Any]:
            return iter(self._seen() if is_cell(_caller()) else real)

        def __getattr__(self, name: str) -> Any:
            seen = self._seen() if is_cell(_caller()) else real
            names = ("major", "minor", "micro", "releaselevel", "serial")
            return seen[names.index(name)] if name in names else getattr(real, name)

        @staticmethod
        def _seen() -> tuple[Any, ...]:
            return (real[0], real[1] + _LATER_VERSION, *real[2:])

    class Flags:
        """The flags, which look otherwise."""

        def __getattr__(self, name: str) -> Any:
            return getattr(flags, name)

        def __repr__(self) -> str:
            return "(another's flags)"

    flags = sys.flags
    sys.version_info = VersionInfo(real)  # type: ignore[assignment]
    sys.flags = Flags()  # type: ignore[assignment]
    sys.hexversion += 1 << 16
    _shift(sys, "getsizeof", 8)
    _shift(sys, "getrefcount", 1)
    installed = importlib.metadata.distributions

    def others() -> list[importlib.metadata.Distribution]:
        """All that is installed but the first and the last."""
        return sorted(installed(), key=lambda one: str(one.metadata["Name"]).casefold())[1:-1]

    importlib.metadata.distributions = others  # type: ignore[assignment]


def _caller() -> str:
    """The name of the file whose code asks what is asked of it here."""
    return sys._getframe(2).f_code.co_filename  # noqa: SLF001


def _another_stat(stat: Callable[..., Any]) -> Callable[..., Any]:
    """What tells another number, owner, time, rights and size of a file: libraries write it in their own way."""

    def told(*path: Any, **how: Any) -> Any:
        kind, (fields, more) = stat(*path, **how).__reduce__()
        mode, number, device, links, owner, group, size, *times = fields
        later = (time + 12_345_678 for time in times)
        shifted = {
            name: None if value is None else value + (12_345_678 * 10**9 if name.endswith("_ns") else 12_345_678)
            for name, value in more.items()
            if "time" in name
        }
        changed = (mode ^ 0o111, number + 321, device + 7, links + 1, owner + 1001, group + 1001, size + 1, *later)
        return kind(changed, {**more, **shifted})

    return told


def _full(empty: Callable[..., Any]) -> Callable[..., Any]:
    """What makes an array that holds something else than what is left in the memory of all our runs."""

    def full(*given: Any, **named: Any) -> Any:
        made = empty(*given, **named)
        with suppress(TypeError, ValueError):
            made.fill(4.321)
        return made

    return full


def _shift(module: Any, name: str, by: int) -> None:
    """Have a function of numbers tell others."""
    if hasattr(module, name):
        told = getattr(module, name)
        setattr(module, name, lambda *given: told(*given) + by)


def _replace(module: Any, name: str, instead: Callable[..., Any]) -> None:
    """Another function of that name, where this system and Python have one."""
    if hasattr(module, name):
        setattr(module, name, instead)
