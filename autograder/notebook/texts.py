"""Printed text beside printed text, line by line: what changes with every run is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.notebook.document import quoted, where_they_part
from autograder.notebook.lines import IS_NUMBER, OPEN, Line, agree, alike
from autograder.notebook.volatile import PASSING, TERMINAL, unwrapped

# Of one cell, from its beginning and from its end; what is printed between, nobody has read. Colab keeps 5,000 lines.
MAX_LINES = 5_000
MAX_CHARACTERS = 400_000
# How many times as much is searched for lines that may be anywhere; of more, it is about a second per cell.
_LARGER = 2
# A text is no other run's of one that is so much shorter, however its numbers are written.
TIMES_AS_LARGE = 2
# How far down a line is looked for that one of the two doesn't have.
_LOOKAHEAD = 40
# What stands for what was left out.
_MASK = re.compile(r"< ?\w+ ?>")
# Where Colab has left out what was printed before.
_TRUNCATED = re.compile(r"Streaming output truncated to the last \d{1,20} lines\.")


@dataclass(frozen=True)
class Difference:
    """Where two texts part: what is shown there, and what the code gives; "" for nothing."""

    shown: str
    gives: str


def difference(shown: str, gives: str, *, clipped: bool = False, exactly: bool = False) -> Difference | None:
    """Where a saved text is not what the code prints; None where it is.

    Parameters
    ----------
    shown, gives : str
        The saved text, and that of the run.
    clipped : bool
        Of one of them the end is missing: only what both have is compared.
    exactly : bool
        Numbers agree only if they are written alike.
    """
    # What the code prints itself, Colab has not said.
    before, *cut = [shown] if _TRUNCATED.search(gives) else _TRUNCATED.split(shown)
    (theirs, all_theirs), (ours, all_ours) = _first(before), _first(gives)
    if not (cut or clipped):
        fewer, whole = min((len(theirs), all_theirs), (len(ours), all_ours))
        more = max(_characters(theirs), _characters(ours)), min(_characters(theirs), _characters(ours))
        # One line may be as long as a thousand: of one that has no end nothing else would be compared.
        larger = (all_theirs or all_ours) and more[0] > TIMES_AS_LARGE * more[1] + MAX_CHARACTERS // 4
        if (all_theirs and all_ours) or larger or (whole and fewer < max(len(theirs), len(ours))):
            return _parted(theirs, ours, exactly=exactly)
    # The last line of a clipped text is part of a line.
    least = max(min(len(theirs), len(ours)) - 1, 0)
    if found := _parted(theirs[:least], ours[:least], exactly=exactly):
        return found
    there, whole = _first(gives, _LARGER) if cut[:-1] else ([], False)
    if whole:
        # What stands between two cuts begins and ends with part of a line.
        parts = (_absent(_first(part)[0][1:-1], there, 1) for part in cut[:-1])
        if lost := next(filter(None, parts), None):
            return Difference(quoted(lost[0].printed.strip()), "")
    # Where the end is missing, nothing can be held against it.
    return None if clipped else _parted_at_the_end(cut[-1] if cut else shown, gives, exactly=exactly)


def lacking(shown: str, gives: str | Sequence[Line], *, exactly: bool = False) -> Difference | None:
    """A line that the code prints and a saved text lacks, which may hold other lines between."""
    (theirs, whole), ours = _first(shown, _LARGER), _first(gives)[0] if isinstance(gives, str) else gives
    lost = _absent(ours[:MAX_LINES], theirs, 1, exactly=exactly) if whole else []
    return Difference("", quoted(lost[0].printed.strip())) if lost else None


def strange(shown: str, gives: str, excused: int) -> Difference | None:
    """A line in a saved text that the code doesn't print, where others were lost, and so many only in part."""
    (theirs, _), (ours, whole) = _first(shown), _first(gives, _LARGER)
    extra = _absent(theirs[:MAX_LINES], ours, excused + 1) if whole else []
    return Difference(quoted(extra[-1].printed.strip()), "") if len(extra) > excused else None


def beginning(shown: str, gives: str) -> Difference | None:
    """Where a saved text, of which the last line may be part of one, is not how the code's begins."""
    (theirs, _), (ours, whole) = _first(shown.rpartition("\n")[0]), _first(gives)
    return _parted(theirs, ours[: len(theirs)], exactly=False) if whole else None


def in_all(text: str, *others: str) -> tuple[Line, ...]:
    """The lines that texts have in common at their beginning and at their end, with what is another number left open.

    Of a line nothing is left in which no other number or no word is.
    """
    lines, whole = _first(text)
    for other in others:
        theirs, all_theirs = _first(other)
        if not (whole and all_theirs):
            return ()
        head = list(_in_common(lines, theirs))
        tail = list(_in_common(lines[len(head) :][::-1], theirs[len(head) :][::-1]))
        lines = [*head, *tail[::-1]]
    return tuple(line for line in lines if _tells(line))


def _in_common(lines: Sequence[Line], others: Sequence[Line]) -> Iterator[Line]:
    """The first lines that can be laid side by side."""
    for line, other in zip(lines, others, strict=False):
        if agree(line, other, exactly=True):
            yield line
            continue
        pairs = [*zip(line.tokens, other.tokens, strict=False)]
        if len(line.tokens) != len(other.tokens) or any(
            a not in {b, OPEN} and not (IS_NUMBER.match(a) and IS_NUMBER.match(b)) for a, b in pairs
        ):
            return
        yield Line(line.printed, tuple(a if a == b else OPEN for a, b in pairs))


def _tells(line: Line) -> bool:
    """Whether there is something in a line to be compared: beside a number that is open, another number."""
    words = _MASK.sub("", " ".join(line.tokens))
    return any(map(str.isdigit, words)) if OPEN in line.tokens else any(map(str.isalnum, words))


def _first(text: str, times: int = 1) -> tuple[list[Line], bool]:
    """The lines of a text, as many as are compared and one, and whether that is all."""
    found: list[Line] = []
    text = _visible(text)
    for raw in unwrapped(text[: times * MAX_CHARACTERS]).split("\n"):
        found += _seen(raw)
        if len(found) > times * MAX_LINES:
            return found, False
    return found, len(text) <= times * MAX_CHARACTERS


def _last(text: str) -> list[Line]:
    """The last lines of a text."""
    found: list[Line] = []
    for raw in reversed(unwrapped(_visible(text)[-MAX_CHARACTERS:]).split("\n")):
        found += _seen(raw)
        if len(found) > MAX_LINES:
            break
    return found[::-1]


def _visible(text: str) -> str:
    """A text without what steers a terminal: what a carriage return has taken back isn't seen any more."""
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return TERMINAL.sub("", text)


def _seen(raw: str) -> list[Line]:
    """A line, if it is one to be compared."""
    line = raw.rstrip()
    return [] if not line.strip() or PASSING.match(line[:2000]) else [Line(line)]


def _characters(lines: Sequence[Line]) -> int:
    return sum(len(line.printed) for line in lines)


def _parted(theirs: Sequence[Line], ours: Sequence[Line], *, exactly: bool) -> Difference | None:
    least = min(len(theirs), len(ours))
    parted = next((k for k in range(least) if not agree(theirs[k], ours[k], exactly=exactly)), least)
    if parted == len(theirs) == len(ours):
        return None
    # How lines are broken depends on the width of the numbers in them.
    if alike(_flat(theirs), _flat(ours), exactly=exactly):
        return None
    return _told(theirs[parted:], ours[parted:])


def _parted_at_the_end(shown: str, gives: str, *, exactly: bool) -> Difference | None:
    """The same, of the last lines: the first of them may be part of a line."""
    theirs, ours = _last(shown)[1:], _last(gives)
    words = _flat(theirs)
    if not words or alike(words, _flat(ours)[-len(words) :], exactly=exactly):
        return None
    return _parted(theirs, ours[-len(theirs) :], exactly=exactly)


def _absent(wanted: Sequence[Line], there: Sequence[Line], enough: int, *, exactly: bool = False) -> list[Line]:
    """The lines that aren't among others, in their order; no more than are enough to tell."""
    found: list[Line] = []
    at = 0
    for line in wanted:
        place = next((k for k in range(at, len(there)) if agree(line, there[k], exactly=exactly)), None)
        if place is not None:
            at = place + 1
            continue
        found.append(line)
        if len(found) == enough:
            break
    return found


def _flat(lines: Sequence[Line]) -> list[str]:
    return [token for line in lines for token in line.tokens]


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
