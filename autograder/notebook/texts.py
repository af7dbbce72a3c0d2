"""Printed text beside printed text: the same words, and numbers that agree as far as they are printed.

Two printed numbers agree if they are equal; if they differ by at most 1 in the last printed digit and by at most 2 %;
to a relative 10⁻⁶, which is what other libraries leave of sixteen digits; or if both are below 10⁻⁶, the rounding of
nothing. Whole numbers are counts, and must be equal. White space, where lines break, and addresses (``0x7f…``) are
ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

RELATIVE = 1e-6
NEARLY_NOTHING = 1e-6
LAST_DIGIT_AT_MOST = 0.02
# Of one cell: what is printed after that, nobody has read.
MAX_CHARACTERS = 400_000

# Each repeat has a bound, so that a search takes time in proportion to the text.
_NUMBER = r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?%?"
_TOKEN = re.compile(rf"{_NUMBER}|[^\W\d]+|[^\w\s]")
_IS_NUMBER = re.compile(rf"{_NUMBER}\Z")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
# How NumPy writes a value depends on its version: `np.float64(0.5)` and `0.5`.
_NUMPY_VALUE = re.compile(r"\bnp\.\w{1,20}\(([^()\n]{0,200})\)")
# What a terminal does not show.
_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,40}[A-Za-z]|.\x08")


@dataclass(frozen=True)
class Line:
    """A printed line as it is seen in the end; ``moves`` if a carriage return has rewritten it, as a progress bar."""

    text: str
    moves: bool = False

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The words, marks and numbers."""
        return tuple(_TOKEN.findall(_NUMPY_VALUE.sub(r"\1", _ADDRESS.sub("0x", self.text))))


def same_text(one: str, other: str) -> bool:
    """Tell whether two short texts have the same words, and numbers that agree."""
    return _alike(Line(one).tokens, Line(other).tokens)


def first_difference(saved: str, now: str, *, beginning: bool = False) -> tuple[str, str] | None:
    """The first lines at which two texts differ, "" for one that is not there; None if they agree.

    Parameters
    ----------
    beginning : bool
        Compare as much as both have, for the end of one of them is missing.
    """
    beginning = beginning or min(len(saved), len(now)) > MAX_CHARACTERS
    theirs, ours = _lines(saved), _lines(now)
    if beginning:
        # The last line may be part of one.
        least = max(min(len(theirs), len(ours)) - 1, 0)
        theirs, ours = theirs[:least], ours[:least]
    if _alike([token for line in theirs for token in line.tokens], [token for line in ours for token in line.tokens]):
        return None
    for one, other in zip_longest(theirs, ours, fillvalue=Line("")):
        if not (one.moves or other.moves or _alike(one.tokens, other.tokens)):
            return one.text, other.text
    return None


def _lines(text: str) -> list[Line]:
    """The lines with something in them."""
    found = []
    for raw in _ESCAPE.sub("", text[:MAX_CHARACTERS]).split("\n"):
        parts = raw.rstrip("\r").split("\r")
        if parts[-1].strip():
            found.append(Line(parts[-1].strip(), moves=len(parts) > 1))
    return found


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(one) == len(other) and all(a == b or _near(a, b) for a, b in zip(one, other, strict=True))


def _near(one: str, other: str) -> bool:
    """Tell whether two tokens are numbers that agree as far as they are printed."""
    if not (_IS_NUMBER.match(one) and _IS_NUMBER.match(other)) or one.endswith("%") != other.endswith("%"):
        return False
    a, b = float(one.rstrip("%")), float(other.rstrip("%"))
    if a == b:
        return True
    gap, size = abs(a - b), max(abs(a), abs(b))
    if not math.isfinite(gap) or not any(mark in text for text in (one, other) for mark in ".eE%"):
        return False
    last_digit = max(_last_digit(one), _last_digit(other))
    return (
        size <= NEARLY_NOTHING
        or gap <= RELATIVE * size
        # A little more, for the last digits of two decimals don't differ by exactly that.
        or (gap <= 1.001 * last_digit and gap <= LAST_DIGIT_AT_MOST * size)
    )


def _last_digit(number: str) -> float:
    """The value of 1 in the last printed digit."""
    mantissa, _, exponent = number.rstrip("%").lower().partition("e")
    # 0e999 is a number, and ten to that power is none.
    return float(10.0 ** min(int(exponent or 0) - len(mantissa.partition(".")[2]), 300))
