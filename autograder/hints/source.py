"""Mistakes that a module's source shows: a cache unpacked in another order, code below a `raise`.

The text is a student's: it is searched line by line, and never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile

from autograder.wire import Frame

MAX_LINES = 5_000

_DEF = re.compile(r"\s*def\s+(\w{1,60})\s*\(([^()]{0,300})\)")
_TUPLE = r"((?:\w{1,60}, ?){1,20}\w{1,60}),?"
_UNPACKED = re.compile(rf"\s*\(?{_TUPLE}\)?\s*=\s*(\w{{1,60}})\s*(?:#.*)?$")
_PACKED = re.compile(rf"(?<![\w\])])\({_TUPLE}\)\s*(?:#.*)?$|^\s*\w{{1,60}}\s*=\s*{_TUPLE}\s*(?:#.*)?$")


def defined(text: str) -> set[str]:
    """Find the names of all functions and classes that a text defines, methods too."""
    return {*re.findall(r"^[ \t]*(?:def|class)[ \t]+(\w{1,60})", text, re.MULTILINE)}


def reordered(text: str, functions: Collection[str]) -> str | None:
    """Say where one of the functions unpacks names in another order than they were packed in."""
    packed = {names for function, names, source in _tuples(text) if not source}
    for function, names, source in _tuples(text):
        if function in functions and source and names not in packed:
            for other in packed:
                if sorted(other) == sorted(names):
                    here, there = (f"`{', '.join(one)}`" for one in (names, other))
                    return (
                        f"`{function}` takes {here} out of `{source}`, and they were put in as {there}: "
                        "use one order in both places."
                    )
    return None


def _tuples(text: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield a text's tuples of names: the function, the names, and the argument that they are taken from, or ""."""
    function, arguments = "", ""
    for line in text.splitlines()[:MAX_LINES]:
        if found := _DEF.match(line):
            function, arguments = found[1], found[2]
        elif (found := _UNPACKED.match(line)) and re.search(rf"\b{found[2]}\b", arguments):
            yield function, _names(found[1]), found[2]
        elif found := _PACKED.search(line):
            yield function, _names(found[1] or found[2]), ""


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(","))


def unreached(text: str, frames: Sequence[Frame]) -> str | None:
    """Say that code stands below the `raise` of the starter."""
    lines = text.splitlines()[:MAX_LINES]
    if not frames or not frames[-1].text.startswith("raise NotImplementedError") or frames[-1].line > len(lines):
        return None
    above, below = lines[frames[-1].line - 1], lines[frames[-1].line :]
    indent = len(above) - len(above.lstrip())
    code = [line for line in below if line.strip() and not line.lstrip().startswith("#")]
    block = [*takewhile(lambda line: len(line) - len(line.lstrip()) >= indent, code)]
    # Given code may stand between two places that are not written yet.
    if (
        not block
        or block[0].lstrip() != block[0][indent:]
        or any("raise NotImplementedError" in line for line in block)
    ):
        return None
    if re.match(r"\s*(def|class|@|elif|else|except|finally)\b", block[0]):
        return None
    return "The code below `raise NotImplementedError(...)` is never reached: delete that line once it is written."
