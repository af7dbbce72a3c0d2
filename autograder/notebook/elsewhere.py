"""What cells find where they were written, and not where they are run: Colab, other folders, other processes.

Runs beside student code, like the shell: the standard library alone. A cell that mounts a drive or goes to a folder of
another machine has done so to find what lies beside the notebook, and that is here. So it is let pass, and nothing is
there: what really needs the drive, a file of it, fails where it is read.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import multiprocessing
import multiprocessing.context
import multiprocessing.pool
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType
from typing import Any, Self

COLAB = "google.colab"
_ASKS = re.compile(r"^\s*try\s*:", re.MULTILINE)
_EXTENDS = re.compile(r"^\s*%load_ext\s+google\.colab", re.MULTILINE)
_LOCKS = ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Barrier")


class Absent:
    """What is not here: whatever is asked of it, it does nothing, and it holds nothing."""

    def __getattr__(self, name: str) -> Self:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> Self:
        """Do nothing."""
        return self

    def __getitem__(self, _: object) -> Self:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "(not there where this is run)"


class _AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> Absent:
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent()


class Colab(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds Colab's own package, for a cell that imports it without asking whether it is there.

    Parameters
    ----------
    cell : callable
        The file name and the text of the cell that runs.
    """

    def __init__(self, cell: Callable[[], tuple[str, str]]) -> None:
        self._cell = cell

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """A package that does nothing; or none, where code asks which machine it is on."""
        if fullname != COLAB.partition(".")[0] and not f"{fullname}.".startswith(f"{COLAB}."):
            return None
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
        while frame is not None and frame.f_code.co_filename.startswith("<frozen "):
            frame = frame.f_back
        name, source = self._cell()
        if COLAB not in source or _ASKS.search(source) or frame is None:
            return None
        if frame.f_code.co_filename != name and not _EXTENDS.search(source):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """A module that has whatever is asked for."""
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def stay_within(folder: str) -> None:
    """From now on, let nobody leave a folder: what a notebook needs lies in it, and others lead back to it."""
    go, home = os.chdir, os.path.realpath(folder)

    def chdir(path: Any) -> None:
        if isinstance(path, int):
            go(path)
            return
        try:
            wanted = os.path.realpath(os.fsdecode(path))
        except OSError:  # where it is, is gone
            wanted = ""
        if os.path.isdir(wanted) and f"{wanted}{os.sep}".startswith(f"{home}{os.sep}"):
            go(path)
        else:
            go(home)
            sys.stderr.write(
                f"there is no {os.fsdecode(path)} where this is run: it goes on in the notebook's folder\n"
            )

    os.chdir = chdir


def lock_threads_alone() -> None:
    """Let what locks processes lock threads: others there are not, and the system's own locks are not to be had."""
    context: Any = multiprocessing.context
    for name in _LOCKS:
        setattr(context.BaseContext, name, staticmethod(getattr(threading, name)))
        setattr(multiprocessing, name, getattr(threading, name))


def ask_no_list_of_libraries() -> None:
    """Let what counts threads find libraries without the system's list of them, which is not to be had in a run."""
    control: Any = sys.modules.get("threadpoolctl")
    if control is not None and hasattr(control, "_HAS_PROCFS"):
        control._HAS_PROCFS = False  # noqa: SLF001  it was asked for where libraries are loaded, and there it was
