"""Traces of how a process was started: the words of its command, its environment, and what was made of these.

A run inherits all of it, and student code reads its own memory by ``ctypes``. What a run can't help knowing is where
Python, the engine, the data and its own folder lie.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

# Of /proc/self/stat, after the name: where the words of the command begin, and where the environment ends.
_BEGINS, _ENDS = 45, 48


@dataclass(frozen=True)
class Block:
    """The memory in which the kernel has handed over a command and an environment."""

    address: int
    size: int

    @classmethod
    def find(cls) -> Block:
        """That of this process; empty where nobody says where it is."""
        try:
            fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            return cls(int(fields[_BEGINS]), int(fields[_ENDS]) - int(fields[_BEGINS]))
        except (OSError, IndexError, ValueError):
            return cls(0, 0)

    def rewrite(self, name: str, environment: Mapping[str, str]) -> None:
        """Let it hold a name and an environment, as far as they fit, and nothing of what was there."""
        words = (name, *(f"{key}={value}" for key, value in environment.items()))
        text = b"".join(os.fsencode(word) + b"\0" for word in words)[: max(self.size - 1, 0)]
        ctypes.memmove(self.address, text.ljust(self.size, b"\0"), self.size)


def forget(kept: Collection[str]) -> None:
    """Forget the command, the environment but for what is kept, and what libraries have made of either."""
    for name in [*os.environ]:
        if name in kept:
            os.environ[name] = os.environ[name]  # anew, outside of the block
        else:
            del os.environ[name]
    sys.orig_argv[:] = sys.orig_argv[:0]
    for module, values in _FROM_SURROUNDINGS.items():
        for name, value in values.items():
            if hasattr(sys.modules.get(module), name):
                setattr(sys.modules[module], name, value)
    if settings := getattr(sys.modules.get("sysconfig"), "_CONFIG_VARS", None):
        settings["userbase"] = "~/.local"
    # Matplotlib keeps the folder of its settings, once it has looked for it.
    for name in ("get_configdir", "get_cachedir"):
        function = getattr(sys.modules.get("matplotlib"), name, None)
        if isinstance(function, FunctionType):
            cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
            if cells.keys() >= {"called", "ret"}:
                cells["called"].cell_contents, cells["ret"].cell_contents = False, None


# What modules have looked up once, and look up again where it is None or empty.
_FROM_SURROUNDINGS: Mapping[str, Mapping[str, object]] = {
    "posix": {"environ": {}},
    "site": {"USER_BASE": None, "USER_SITE": None},
    "tempfile": {"tempdir": None},
}
