"""A course's own files, as text and as modules."""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


class CourseError(Exception):
    """A course's own files are wrong; the message names the file, what was found, and what was expected."""


def source(path: Path) -> str:
    """The text of a file."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} can't be read: {error}") from None


def load(folder: Path, stem: str) -> ModuleType:
    """A problem's own file as a module of a package made for its folder: ``expect.py`` can import ``.checks``."""
    package = "_problem_" + re.sub(r"\W", "_", str(folder.resolve()))
    if package not in sys.modules:
        module = ModuleType(package)
        module.__path__ = [str(folder)]
        sys.modules[package] = module
    writes_none = sys.dont_write_bytecode
    # By its time and size a page that was changed within a second of its last reading could not be told from that one.
    sys.dont_write_bytecode = True
    try:
        return importlib.import_module(f"{package}.{stem}")
    except (Exception, SystemExit) as error:
        # Whatever a page raises, it is a fault of the page, and whoever wrote it wants to know where.
        where = raised_in(error, folder) or f"{stem}.py"
        raise CourseError(f"{folder / where} can't be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = writes_none


def raised_in(error: BaseException, folder: Path) -> str:
    """Where in a problem's own files an exception was raised: ``expect.py, line 31``; "" if in none of them."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""


@contextmanager
def importable(given: tuple[Path, ...]) -> Iterator[None]:
    """Let a check page import the handed-out modules, and forget them afterwards: another assignment has others."""
    names = [path.stem for path in given]
    folders = list(dict.fromkeys(str(path.parent) for path in given))
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path[:0] = folders
    try:
        yield
    finally:
        del sys.path[: len(folders)]
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)
