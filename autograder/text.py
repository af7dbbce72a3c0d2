"""Text from a student's process or folder, made safe to show: sanitized, and without the folders of this machine.

Imported beside student code, so it imports only the standard library.
"""

from __future__ import annotations

import os
import re
import site
import sys
import sysconfig
import tempfile
import unicodedata
from functools import cache
from pathlib import Path

# The working folder of a run with its own root, and the prefix of other runs' folders.
SCRATCH = "/scratch/run"
PREFIX = "autograder-"

UNSHOWN = "\N{REPLACEMENT CHARACTER}"
# Most combining marks on one letter: no script needs more, and many of them cover the lines above.
MAX_MARKS = 4

# Everything except printable ASCII, line ends and tabs.
_OTHERS = re.compile(r"[^\n\t -~]+")
_BLANKS = re.compile(" {2,}")
# The signs before the verdicts of a report (`report.MARKS`), and those that look like them.
_SIGNS = frozenset("✓✔✅☑◐◑◒◓✗✘✕✖❌❎☒🗴🗵🗶🗷🗸🗹🗙⍻🮱")
# Invisible characters whose category is a letter's.
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")


def sanitize(text: str) -> str:
    """Remove control characters, characters that hide, reorder or stack text, and verdicts' signs; keep the lines.

    Other line ends and blanks become plain ones.
    """
    return _OTHERS.sub(_seen, text)


def line(text: str) -> str:
    """Sanitize a text into one line without tabs and wide gaps, for use within another line."""
    if not text.isprintable():
        text = "".join(" " if character.isspace() else character for character in text)
    return sanitize(_BLANKS.sub(" ", text))


def missing(error: ModuleNotFoundError) -> str:
    """Say that a package is not installed in this Python, and what to do."""
    return (
        f"the package {error.name} is missing from the Python that runs this, {neutral(sys.executable)}; activate the "
        "environment in this folder (source .venv/bin/activate, on Windows .venv\\Scripts\\activate), or make it as "
        "the README says; if it is active: python -m pip install -r requirements.txt"
    )


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


def neutral(text: str, course: Path | None = None) -> str:
    """Replace the folders of this machine in a text: of Python, packages, the engine, a course, the user, a run.

    Students don't need them, and attackers could use them.
    """
    names, pattern = _folders(course)
    return pattern.sub(lambda found: names.get(found[1], "."), text)


@cache
def _folders(course: Path | None) -> tuple[dict[str, str], re.Pattern[str]]:
    engine = Path(__file__).parent
    found = {
        **{entry: "packages" for entry in (*site.getsitepackages(), *sys.path) if "-packages" in entry},
        sysconfig.get_path("stdlib"): "python/lib",
        **dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix), "python"),
        str(engine): "autograder",
        str(engine.parent): "engine",
        tempfile.gettempdir(): "tmp",
        **({str(course): "course"} if course else {}),
        os.path.expanduser("~"): "~",  # noqa: PTH111  unlike pathlib's it raises nothing without a home
    }
    found = {os.path.realpath(path): name for path, name in found.items()} | found  # each may be reached by links
    # Shorter paths are common, and reveal little about this machine.
    names = {path: name for path, name in found.items() if len(Path(path).parts) >= (2 if name == "~" else 3)}
    paths = sorted(names, key=lambda path: (names[path] == "~", -len(path)))
    patterns = [rf"(?<![\w.~-]){re.escape(path)}(?![\w-])" if names[path] == "~" else re.escape(path) for path in paths]
    runs = rf"{SCRATCH}|{re.escape(tempfile.gettempdir())}[/\\]{PREFIX}\w+(?:[/\\]\d+)?"
    return names, re.compile(rf"{runs}|({'|'.join(patterns)})")
