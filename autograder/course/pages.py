"""A course's own files, as text and as modules."""

from __future__ import annotations

import builtins
import dis
import importlib
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType


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
        page = importlib.import_module(f"{package}.{stem}")
    except (Exception, SystemExit) as error:
        # Whatever a page raises, it is a fault of the page, and whoever wrote it wants to know where.
        where = raised_in(error, folder) or f"{stem}.py"
        raise CourseError(f"{folder / where} can't be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = writes_none
    path = folder / f"{stem}.py"
    for name, line in _unknown_names(compile(source(path), str(path), "exec", dont_inherit=True), {*vars(page)}):
        raise CourseError(f"{path}, line {line}: there is no `{name}`; is it misspelt?")
    return page


def _unknown_names(page: CodeType, known: set[str]) -> Iterator[tuple[str, int]]:
    """The names that functions of a page read and nobody has made, with their lines: also where nothing has run yet."""
    inner = [*_inner(page)]
    known |= {*vars(builtins)} | {
        one.argval for code in inner for one in dis.get_instructions(code) if one.opname == "STORE_GLOBAL"
    }
    for code in inner:
        own = {one.argval for one in dis.get_instructions(code) if one.opname == "STORE_NAME"}
        line = code.co_firstlineno
        for one in dis.get_instructions(code):
            line = one.positions.lineno or line if one.positions else line
            if one.opname in {"LOAD_GLOBAL", "LOAD_NAME"} and one.argval not in known | own:
                yield one.argval, line


def _inner(code: CodeType) -> Iterator[CodeType]:
    """The code of what is defined in a page: functions, classes, and what is within these."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inner(constant)


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
