"""The folders of whoever grades, and the names that stand for them in what a student reads.

What student code raises or prints may say where Python, the engine, the data and its own folder lie. That is the
grader's business, and no help to anybody. So it is replaced where text enters a report, out of a run's reach.
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
from autograder.sandbox.confine import SCRATCH
from autograder.sandbox.process import PREFIX

# Shorter ones belong to many systems, and say little of this one.
_PARTS = 3


def neutral(text: str, course: Path | None = None) -> str:
    """A text without the folders of this machine: of Python, its packages, the engine, a course, the user, a run."""
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
    home = os.path.expanduser("~")  # noqa: PTH111  it raises nothing where there is no home
    names |= {home: "~"} if len(Path(home).parts) > 1 else {}
    # Each may be reached through links.
    return {os.path.realpath(path): name for path, name in names.items()} | names


@cache
def _pattern(course: Path | None) -> re.Pattern[str]:
    """Those folders, the innermost first, and the folders of runs; a short one, and a home, as a whole name only."""
    names = _names(course)
    inner = sorted(names, key=len, reverse=True)
    whole = {path for path in inner if names[path] == "~" or len(Path(path).parts) < _PARTS}
    known = [re.escape(path) for path in inner if path not in whole]
    known += [rf"(?<![\w.~-]){re.escape(path)}(?![\w-])" for path in inner if path in whole]
    runs = rf"{SCRATCH}|{re.escape(tempfile.gettempdir())}[/\\]{PREFIX}\w+(?:[/\\]\d+)?"
    return re.compile(rf"{runs}|({'|'.join(known)})")
