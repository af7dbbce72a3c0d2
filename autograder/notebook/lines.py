"""A printed line beside another: numbers agree as far as they are told.

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
from functools import cached_property, lru_cache

from autograder.notebook.volatile import NUMBER, settled

RELATIVE = 1e-6
NEARLY_NOTHING = 1e-6
LAST_DIGIT_AT_MOST = 0.02
# Characters of a line whose words are remembered.
MAX_REMEMBERED = 200
# In the place of a number in a line that is another one in each run.
OPEN = "\N{WHITE SQUARE}"

# How many words of a line with open numbers are laid beside how many others: beyond that, it may say what it likes.
_MOST_LAID_BESIDE = 100_000

# Braces within a line, beyond which nobody looks for sets in it.
_MOST_BRACES = 40

_TOKEN = re.compile(rf"{NUMBER}%?|[^\W\d]+|[^\w\s]")
IS_NUMBER = re.compile(rf"{NUMBER}%?\Z")


@dataclass(frozen=True)
class Line:
    """A line as it was printed, and what of it is compared.

    Attributes
    ----------
    printed : str
    known : tuple of str or None
        Its words, marks and numbers, where some of these were left open; None where all are as they were printed.
    """

    printed: str
    known: tuple[str, ...] | None = None

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Its words, marks and numbers, without those that change."""
        if self.known is not None:
            return self.known
        return (_remembered if len(self.printed) <= MAX_REMEMBERED else _words)(self.printed)

    @cached_property
    def sorted(self) -> tuple[str, ...]:
        """The same, what is listed in braces in one order: a set is printed in whatever order it has today."""
        return _braces_sorted(self.tokens)


def _words(printed: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(settled(printed)))


# A cell that seems stale is compared several times, with several runs, which print nearly the same lines.
_remembered = lru_cache(maxsize=1 << 14)(_words)


def agree(one: Line, other: Line, *, exactly: bool = False) -> bool:
    """Whether two lines say the same; in the first, numbers may be open."""
    if one.known is not None and OPEN in one.known:
        return _fits(one.tokens, other.tokens, exactly=exactly)
    if one.printed == other.printed or alike(one.tokens, other.tokens, exactly=exactly):
        return True
    return "{" in one.tokens and alike(one.sorted, other.sorted, exactly=exactly)


def same_numbers(one: str, other: str, *, exactly: bool = False) -> bool:
    """Whether two short texts say the same, words and numbers."""
    return agree(Line(one), Line(other), exactly=exactly)


def _braces_sorted(tokens: tuple[str, ...]) -> tuple[str, ...]:
    if tokens.count("{") > _MOST_BRACES:
        return tokens
    # For each bracket that is open, the items in it so far; what a dict holds for a key is one item with it.
    stack: list[tuple[str, list[list[str]]]] = [("", [[]])]
    for word in tokens:
        if word in "{[(":
            stack.append((word, [[]]))
        elif word in "}])" and len(stack) > 1:
            opened, items = stack.pop()
            if opened == "{":
                items.sort()
            inside = [part for k, item in enumerate(items) for part in ((",", *item) if k else item)]
            stack[-1][1][-1] += [opened, *inside, word]
        elif word == "," and stack[-1][0]:
            stack[-1][1].append([])
        else:
            stack[-1][1][-1].append(word)
    # Of a bracket that is not closed in this line, all stands as it was.
    return tuple(stack[0][1][0]) if len(stack) == 1 else tokens


def alike(one: Sequence[str], other: Sequence[str], *, exactly: bool) -> bool:
    """Whether two rows of words, marks and numbers are the same."""
    return len(one) == len(other) and all(
        a == b or (not exactly and _near(a, b)) for a, b in zip(one, other, strict=True)
    )


def _fits(pattern: Sequence[str], words: Sequence[str], *, exactly: bool) -> bool:
    """Whether there are such words, with any others where some are open."""
    runs: list[list[str]] = [[]]
    for word in pattern:
        if word == OPEN:
            runs.append([])
        else:
            runs[-1].append(word)
    first, *middle, last = runs
    end = len(words) - len(last)
    at = len(first)
    if at > end or not alike(first, words[:at], exactly=exactly) or not alike(last, words[end:], exactly=exactly):
        return False
    if len(pattern) * len(words) > _MOST_LAID_BESIDE:
        return True
    for run in middle:
        places = (k for k in range(at, end - len(run) + 1) if alike(run, words[k : k + len(run)], exactly=exactly))
        if (place := next(places, None)) is None:
            return False
        at = place + len(run)
    return True


def _near(one: str, other: str) -> bool:
    """Whether two tokens are numbers that agree as far as they are told."""
    if not (IS_NUMBER.match(one) and IS_NUMBER.match(other)) or one.endswith("%") != other.endswith("%"):
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
