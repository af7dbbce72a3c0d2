"""Sanitized text: what comes from a student's process or folder, made safe to show.

Imported beside student code, so it imports only the standard library.
"""

from __future__ import annotations

import re
import unicodedata

UNSHOWN = "\N{REPLACEMENT CHARACTER}"
# Combining marks on one letter: no script needs more, and a pile of them covers the lines above.
MAX_MARKS = 4

# Everything but printable ASCII, line ends and tabs; most texts have none of it.
_OTHERS = re.compile(r"[^\n\t -~]+")
_BLANKS = re.compile(" {2,}")
# The signs before the verdicts of a report (`report.MARKS`), and those that look like them.
_SIGNS = frozenset("✓✔✅☑✗✘✕✖❌❎☒🗴🗵🗶🗷🗸🗹🗙⍻🮱")
# Letters by their category, but invisible.
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")


def sanitize(text: str) -> str:
    """Remove controls, characters that hide, reorder or pile up text, and the signs of verdicts; keep the lines.

    Only plain line ends and plain blanks are left of their kinds.
    """
    return _OTHERS.sub(_seen, text)


def line(text: str) -> str:
    """Sanitize a text into one line without tabs and wide gaps, to stand within another line."""
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
        if character in _SIGNS or character in _FILLERS or not character.isprintable():
            character = " " if unicodedata.category(character) == "Zs" else UNSHOWN  # noqa: PLW2901
        seen.append(character)
    return "".join(seen)
