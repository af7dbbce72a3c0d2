"""The folders of the grader's machine, replaced by neutral names where text enters a report.

What student code raises or prints may say where Python, the engine, the data and its own folder are. Students need
none of it, and attackers could use it.
"""

from __future__ import annotations

import os
import re
import site
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

import autograder

# The working folder of a run that has a root of its own, and how the names of other runs' folders begin.
SCRATCH = "/scratch/run"
PREFIX = "autograder-"
# Shorter paths are on many systems, and say little about this one.
_PARTS = 3
_RUNS = rf"{SCRATCH}|{re.escape(tempfile.gettempdir())}[/\\]{PREFIX}\w+(?:[/\\]\d+)?"


def neutral(text: str, course: Path | None = None) -> str:
    """Replace the folders of this machine in a text: of Python, packages, the engine, a course, the user, a run."""
    names = _names(course)
    return _pattern(course).sub(lambda found: names.get(found[1], "."), text)


@cache
def _names(course: Path | None) -> dict[str, str]:
    """The neutral name of each folder."""
    engine = Path(autograder.__file__).parent
    found = {
        **{entry: "packages" for entry in (*site.getsitepackages(), *sys.path) if "-packages" in entry},
        sysconfig.get_path("stdlib"): "python/lib",
        **dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix), "python"),
        str(engine): "autograder",
        str(engine.parent): "engine",
        tempfile.gettempdir(): "tmp",
        **({str(course): "course"} if course else {}),
    }
    names = {path: name for path, name in found.items() if len(Path(path).parts) >= _PARTS}
    home = os.path.expanduser("~")  # noqa: PTH111  unlike pathlib's it raises nothing without a home
    names |= {home: "~"} if len(Path(home).parts) > 1 else {}
    # Links may lead to each of them.
    return {os.path.realpath(path): name for path, name in names.items()} | names


@cache
def _pattern(course: Path | None) -> re.Pattern[str]:
    """The folders, the innermost first; a short path, or a home, only as a whole name."""
    known = []
    for path, name in sorted(_names(course).items(), key=lambda item: -len(item[0])):
        whole = name == "~" or len(Path(path).parts) < _PARTS
        known.append((whole, rf"(?<![\w.~-]){re.escape(path)}(?![\w-])" if whole else re.escape(path)))
    return re.compile(rf"{_RUNS}|({'|'.join(pattern for _, pattern in sorted(known, key=lambda item: item[0]))})")
