"""Text out of a student's process or folder, made fit to be shown: safe, and within the lines it is given.

Beside student code, too: imports the standard library alone.
"""

from __future__ import annotations

import re
import unicodedata

UNSHOWN = "\N{REPLACEMENT CHARACTER}"
# Of marks that are set on one letter, no more than any script sets; a pile of them covers the lines above.
MAX_MARKS = 4

# All but ASCII's own letters and signs, line ends and tabs: nearly every text has no such run, or a short one.
_OTHERS = re.compile(r"[^\n\t -~]+")
_BLANKS = re.compile(" {2,}")
# The signs before the verdicts of a report (autograder.report.MARKS), and what looks like them.
_SIGNS = frozenset("✓✔✅☑✗✘✕✖❌❎☒🗴🗵🗶🗷🗸🗹🗙⍻🮱")
# Letters by their kind, and nothing to be seen.
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")


def sanitize(text: str) -> str:
    """A text of several lines without controls, without what hides, reorders or piles up, and without verdicts' signs.

    Of the characters that end a line, and of wide ones that stand for blanks, only the plain ones are left.
    """
    return _OTHERS.sub(_seen, text)


def line(text: str) -> str:
    """The same as one line, without tabs and wide gaps; fit to stand within another."""
    if not text.isprintable():
        text = "".join(" " if character.isspace() else character for character in text)
    return sanitize(_BLANKS.sub(" ", text))


def _seen(run: re.Match[str]) -> str:
    seen: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks > MAX_MARKS:
            continue
        unfit = character in _SIGNS or character in _FILLERS or not character.isprintable()
        seen.append(_instead(character) if unfit else character)
    return "".join(seen)


def _instead(character: str) -> str:
    """The escape that stands for a character that can't be shown."""
    return " " if unicodedata.category(character) == "Zs" else UNSHOWN
