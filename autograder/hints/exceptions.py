"""What an exception out of a student's module usually means: a sentence for each of the common ones.

The exception's words are the student's process's own, and are never believed: a reading quotes shapes, numbers and
names out of them, nothing else.
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Iterable, Mapping

import numpy as np

from autograder.hints.explanations import KINDS, MISFITS, NAME, READINGS, SIZED
from autograder.wire import Failure

# Long enough for any name, too short for a message within the message. What comes after the beginning is not read.
MAX_CHARACTERS = 400
MAX_WORDS = 5_000


_UNKNOWN = tuple(
    re.compile(pattern.replace("%N", NAME))
    for pattern in (
        r"^name '(?P<name>%N)' is not defined",
        r"^'(?P<kind>[\w.]{1,60})' object has no attribute '(?P<name>%N)'",
        r"^module '(?P<kind>[\w.]{1,60})' has no attribute '(?P<name>%N)'",
        r"^cannot import name '(?P<name>%N)'",
        r"^'(?P<name>%N)'$",
    )
)
# Whose attributes are known without asking anything of the student's.
_OWNERS: Mapping[str, object] = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.random": np.random,
    "numpy.ndarray": np.ndarray,
    "numpy.float64": np.float64,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "float": float,
    "int": int,
    "str": str,
}


def explain(failure: Failure, *, misfit: bool, text: str, scales: Mapping[str, Iterable[float]]) -> str | None:
    """What an exception usually means; None where nothing common is known of it.

    Parameters
    ----------
    misfit : bool
        The check's own line raised it, over what came back.
    text : str
        The student's module, for the names in it.
    scales : mapping of str to iterable of float
        What sizes stand for in this draw.
    """
    for reading in MISFITS if misfit else READINGS:
        if match := reading.pattern.search(failure.message[:MAX_CHARACTERS]):
            said = reading.meaning.format(**match.groupdict())
            quoted = [group or "" for name, group in match.groupdict().items() if name in SIZED]
            return f"{said}.{_sizes(' '.join(quoted), scales)}"
    if failure.kind in KINDS:
        return f"{KINDS[failure.kind]}."
    if failure.kind in ("NameError", "AttributeError", "ImportError", "KeyError"):
        return _unknown(failure, text)
    return None


def _sizes(quoted: str, scales: Mapping[str, Iterable[float]]) -> str:
    """What the sizes that were quoted stand for, where that is plain."""
    known = {symbol: {*sizes} for symbol, sizes in scales.items()}
    plain = {symbol: f"{sizes.pop():g}" for symbol, sizes in known.items() if len(sizes) == 1}
    numbers = re.findall(r"\d+", quoted)
    told = [
        f"{symbol} is {size}"
        for symbol, size in plain.items()
        if size in numbers and int(size) > 1 and list(plain.values()).count(size) == 1
    ]
    return f" Here {', '.join(told)}." if told else ""


def _unknown(failure: Failure, text: str) -> str | None:
    """A name that isn't there, and one like it that is."""
    for pattern in _UNKNOWN:
        if match := pattern.search(failure.message[:MAX_CHARACTERS]):
            name, kind = match["name"], match.groupdict().get("kind") or ""
            own = re.findall(rf"\b{NAME}\b", text)[:MAX_WORDS]
            known = dir(_OWNERS[kind]) if kind in _OWNERS else [*own, *([] if kind else dir(builtins))]
            near = difflib.get_close_matches(name, sorted({*known} - {name}), 1, 0.7)
            where = "There is" if kind in _OWNERS else "Your module has"
            if near:
                return f"`{name}` is not there. {where} `{near[0]}`: is that what was meant?"
            if failure.kind == "NameError":
                return (
                    f"Nothing is called `{name}` where this line is: it is misspelt, not imported, or another "
                    "function's own."
                )
            return None
    return None
