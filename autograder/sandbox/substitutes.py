"""Substitutes for what a run is refused, because two runs could speak to each other by it: honest code gets them.

Mappings of files that are only read are private ones. An array of ``numpy.load(…, mmap_mode="r")`` asks for one that is
shared with others, for want of saying otherwise; to whoever only reads, both are the same. The machine's load and its
memory are what they were when the libraries were loaded.
"""

from __future__ import annotations

import mmap as standard
import os
from typing import Any, Self


class Mapping(standard.mmap):
    """``mmap.mmap``, but for a file that is to be read, by default a private mapping."""

    __slots__ = ()

    def __new__(cls, fileno: int, length: int, *args: Any, **more: Any) -> Self:
        """As ``mmap.mmap``'s: after the length come flags, rights, access and offset."""
        named = {**dict(zip(("flags", "prot", "access", "offset"), args, strict=False)), **more}
        if fileno != -1 and "flags" not in named:
            if named.get("access") == standard.ACCESS_READ and "prot" not in named:
                del named["access"]
                named["prot"] = standard.PROT_READ
            if "access" not in named and not named.get("prot", standard.PROT_WRITE) & standard.PROT_WRITE:
                named["flags"] = standard.MAP_PRIVATE
        return super().__new__(cls, fileno, length, **named)


def substitute() -> None:
    """Have libraries and student code get these, whichever they import later."""
    standard.mmap = Mapping  # type: ignore[misc]
    ask = os.sysconf
    try:
        load = os.getloadavg()
    except OSError:
        load = (0.0, 0.0, 0.0)  # nobody says
    memory: dict[object, int] = {}
    for name in ("SC_PHYS_PAGES", "SC_AVPHYS_PAGES"):
        memory[name] = memory[os.sysconf_names[name]] = ask(name)

    def getloadavg() -> tuple[float, float, float]:
        return load

    def sysconf(name: str | int) -> int:
        return memory[name] if name in memory else ask(name)

    os.getloadavg, os.sysconf = getloadavg, sysconf
