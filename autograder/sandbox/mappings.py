"""Mappings of files that are only read, made private ones: a run is refused those that it would share with others.

An array of ``numpy.load(…, mmap_mode="r")`` asks for a shared one, for want of saying otherwise. To whoever only reads,
both are the same.
"""

from __future__ import annotations

import mmap as standard
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


def read_privately() -> None:
    """Have libraries and student code get these, whichever they import later."""
    standard.mmap = Mapping  # type: ignore[misc]
