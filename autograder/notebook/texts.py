"""Printed text beside printed text: what changes with every run is left out, and numbers agree as far as they are told.

When do two printed numbers agree? If they are equal; or if they differ by no more than 1 in the last digit printed,
and by no more than 2 %, so that neither a tie rounded the other way nor the last digit of a long training is held
against anybody, and 0.9 is not 1.0; or to a relative 10⁻⁶, which is what other libraries leave of sixteen digits; or if
both are below 10⁻⁶, for then they are what rounding has left of nothing. Whole numbers are counts, and must be equal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from autograder.notebook.document import quoted, where_they_part

RELATIVE = 1e-6
NEARLY_NOTHING = 1e-6
LAST_DIGIT_AT_MOST = 0.02

# Of one cell; what is printed after it, nobody has read.
MAX_CHARACTERS = 200_000
MAX_LINES = 2_000
# How far down a line is looked for that one of the two doesn't have.
_LOOKAHEAD = 40

_NUMBER = r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?"
_TOKEN = re.compile(rf"{_NUMBER}%?|[^\W\d]+|[^\w\s]")
_IS_NUMBER = re.compile(rf"{_NUMBER}%?\Z")
# Each repeat has a bound: what begins again and again and never ends would be gone through each time.
_TERMINAL = re.compile(r"\x1b(?:\[[0-9;?]{0,40}[A-Za-z]|\][^\x07\n]{0,200}\x07|.)|.\x08")
# Whole lines that say how long something took, or how far it is.
_PASSING = re.compile(
    r"\s*(?:CPU times:|Wall time:|Compiler +time:)|.*\bper loop\b|.*\d ?(?:it/s|s/it)\b|.*\d%\|"
    r"|(?=.{0,200}[#=>|\[])[\s\[#=>.\-|/\\]*\d{1,3} ?%[\s\]#=>.\-|/\\]*\Z|.*[█▏▎▍▌▋▊▉━╸]",
)
_TRUNCATED = re.compile(r"Streaming output truncated to the last \d+ lines\.")
# What is there may change; that it is there may not.
_VOLATILE = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"[−–]", "-"),
        (r"\bnp\.(?:float|int|uint|bool|str|complex)\d*_?\(([^()\n]{0,200})\)", r"\1"),
        (r"\b0x[0-9a-fA-F]+", "0x"),
        (r"(?:\b[A-Za-z]:)?(?:[/\\][\w.@~+-]{1,255}){2,}[/\\]?", "<path>"),
        (r"(?:Cell )?\bIn ?\[\d+\]", "<cell>"),
        (r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b", "<time>"),
        (r"\b\d+\.\d+\.\d+[\w.+]*", "<version>"),
        (r"(?i)\b(python|numpy|scipy|matplotlib|scikit-learn|sklearn|pandas|cvxopt)[ =v:]{1,3}\d+(?:\.\d+)?", r"\1"),
        (rf"(?<![\d.]){_NUMBER} ?(?:ns|[µμu]s|ms|s|secs?|seconds?|mins?|minutes?|h|hours?)\b(?!/)", "<time>"),
        (rf"(?i)\b(elapsed|took|time|duration|runtime)\b[^\d\n]{{0,12}}?{_NUMBER}", r"\1 <time>"),
        (rf"(?<![\d.]){_NUMBER} ?(?:[kKMGT]i?B|bytes|B)\b", "<memory>"),
    )
)


@dataclass(frozen=True)
class Difference:
    """Where two texts part: what is shown there, and what the code gives; "" for nothing."""

    shown: str
    gives: str


@dataclass(frozen=True)
class Line:
    """A line as it was printed, and what of it is compared."""

    printed: str

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Its words, marks and numbers, without those that change."""
        text = self.printed
        for pattern, instead in _VOLATILE:
            text = pattern.sub(instead, text)
        return tuple(_TOKEN.findall(text))


def difference(shown: str, gives: str, *, clipped: bool = False) -> Difference | None:
    """Where a saved text is not what the code prints; None where it is.

    Parameters
    ----------
    shown, gives : str
        The saved text, and that of the run.
    clipped : bool
        Of one of them the end is missing: only what both have is compared.
    """
    theirs, ours = _lines(shown), _lines(gives)
    if theirs and _TRUNCATED.search(theirs[0].printed):
        theirs = theirs[1:]
        ours = ours[max(len(ours) - len(theirs), 0) :]
    if clipped or max(len(theirs), len(ours)) >= MAX_LINES or max(len(shown), len(gives)) > MAX_CHARACTERS:
        # The last line of a clipped text is part of a line.
        least = max(min(len(theirs), len(ours)) - 1, 0)
        theirs, ours = theirs[:least], ours[:least]
    least = min(len(theirs), len(ours))
    parted = next((k for k in range(least) if not agree(theirs[k], ours[k])), least)
    if parted == len(theirs) == len(ours):
        return None
    # How lines are broken depends on the width of the numbers in them.
    return None if _agree(_flat(theirs), _flat(ours)) else _told(theirs[parted:], ours[parted:])


def agree(one: Line, other: Line) -> bool:
    """Whether two lines say the same."""
    if one.printed == other.printed or _agree(one.tokens, other.tokens):
        return True
    # A set is printed in whatever order it has today.
    return "{" in one.tokens and sorted(one.tokens) == sorted(other.tokens)


def same_numbers(one: str, other: str) -> bool:
    """Whether two short texts say the same, words and numbers."""
    return agree(Line(one), Line(other))


def _lines(text: str) -> list[Line]:
    found = []
    for raw in text[:MAX_CHARACTERS].split("\n"):
        # What a carriage return has taken back isn't seen any more.
        line = _TERMINAL.sub("", raw.rstrip("\r").rpartition("\r")[2]).rstrip()
        if line.strip() and not _PASSING.match(line[:2000]):
            found.append(Line(line))
        if len(found) >= MAX_LINES:
            break
    return found


def _flat(lines: Sequence[Line]) -> list[str]:
    return [token for line in lines for token in line.tokens]


def _agree(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(one) == len(other) and all(a == b or _near(a, b) for a, b in zip(one, other, strict=True))


def _near(one: str, other: str) -> bool:
    """Whether two tokens are numbers that agree as far as they are told."""
    if not (_IS_NUMBER.match(one) and _IS_NUMBER.match(other)) or one.endswith("%") != other.endswith("%"):
        return False
    a, b = float(one.rstrip("%")), float(other.rstrip("%"))
    if a == b:
        return True
    gap, size = abs(a - b), max(abs(a), abs(b))
    if not math.isfinite(gap):
        return False
    if not any(mark in text for text in (one, other) for mark in ".eE%"):
        return False
    last_digit = max(_last_digit(one), _last_digit(other))
    return (
        size <= NEARLY_NOTHING
        or gap <= RELATIVE * size
        # A little more, for the last digits of two decimals don't differ by exactly that.
        or (gap <= 1.001 * last_digit and gap <= LAST_DIGIT_AT_MOST * size)
    )


def _last_digit(number: str) -> float:
    """What 1 in the last printed digit is worth."""
    mantissa, _, exponent = number.rstrip("%").lower().partition("e")
    # 0e999 is a number, and ten to that power is none.
    return float(10.0 ** min(int(exponent or 0) - len(mantissa.partition(".")[2]), 300))


def _told(theirs: Sequence[Line], ours: Sequence[Line]) -> Difference:
    """The difference between two runs of lines whose first ones differ, or of which one is empty."""
    one, other = (lines[0].printed.strip() if lines else "" for lines in (theirs, ours))
    if not one or not other:
        return Difference(*where_they_part(one, other))
    # The same line further down: what stands before it is there in one text only.
    if any(agree(theirs[0], line) for line in ours[1:_LOOKAHEAD]):
        return Difference("", quoted(other))
    if any(agree(ours[0], line) for line in theirs[1:_LOOKAHEAD]):
        return Difference(quoted(one), "")
    return Difference(*where_they_part(one, other))
