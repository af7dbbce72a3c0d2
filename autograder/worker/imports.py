"""The rule on imports: student code may import what the assignment allows, and use nothing else.

An import statement of anything else costs nothing until what it binds is used.
"""

from __future__ import annotations

import builtins
import linecache
import os
import sys
from collections.abc import Callable
from opcode import opmap
from types import FrameType
from typing import Any, NoReturn

from autograder.worker.job import PAGE, ProbeJob

# Handlers with one of these names, or with no name, catch a refusal.
_CATCHING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
# What Python looks up on the type of an object that is used, beside the attributes that it is asked for.
_USES = """
    call getitem setitem delitem iter next len contains bool enter exit mro_entries instancecheck subclasscheck setattr
    delattr eq ne lt le gt ge add radd sub rsub mul rmul matmul rmatmul truediv rtruediv floordiv rfloordiv mod rmod pow
    rpow and rand or ror xor rxor lshift rlshift rshift rrshift neg pos abs invert index int float complex
"""


class Forbidden(ModuleNotFoundError):
    """The student's code imports a package that the assignment doesn't allow."""


class StandIn:
    """The object that a refused import binds: its attributes are of this class, any other use raises Forbidden."""

    def __init__(self, use: Callable[..., NoReturn]) -> None:
        object.__setattr__(self, "_use", use)

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return ()  # `from ... import *` binds nothing
        use = object.__getattribute__(self, "_use")
        return use() if name.startswith("__") else StandIn(use)


for _name in _USES.split():
    setattr(StandIn, f"__{_name}__", lambda self, *_, **__: object.__getattribute__(self, "_use")())


class ImportRule:
    """Refuses what student code imports and may not, as if it were not installed.

    Libraries may import anything. An import in the standard library counts as its caller's. An import statement, unless
    an exception of it is caught, binds a stand-in, and ``unused`` has a clause about it until that is used. Anything
    else raises Forbidden.
    """

    def __init__(self, job: ProbeJob, folder: str) -> None:
        own = {name.removesuffix(".py") for name in job.files}
        self.unused: dict[str, None] = {}
        self._folder = folder + os.sep
        self._allowed = frozenset({*sys.stdlib_module_names, *job.allowed_imports, *own, "autograder"})
        self._trusted = (PAGE, *(os.path.join(folder, f"{name}.py") for name in job.given))
        self._libraries = tuple(entry + os.sep for entry in sys.path if "-packages" in entry)
        self._carriers = (os.path.dirname(os.__file__) + os.sep, "<frozen ", *self._libraries)
        self._import = builtins.__import__

    def imported(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Replace ``__import__``, which every import statement calls, also for a package that is loaded already."""
        # A library written in C asks in this form, from the line that calls it, often for what it has loaded before.
        in_c = len(args) > 2 and type(args[2]) is list and name in sys.modules
        relative = args[3] if len(args) > 3 else kwargs.get("level")  # stays in its package
        if not in_c and not relative and (refused := self._refused(name, sys._getframe(1))):  # noqa: SLF001
            message, frame = refused
            if frame is not sys._getframe(1) or not self._may_go_on(frame):  # noqa: SLF001
                raise Forbidden(message)
            return self._stand_in(message)
        return self._import(name, *args, **kwargs)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Catch ``importlib.import_module``, which shows only in the file that it opens."""
        name = ""
        if event == "import":
            name = args[0]
        elif event == "open" and str(args[0]).endswith(".pyc") and str(args[0]).startswith(self._libraries):
            within = next(args[0][len(entry) :] for entry in self._libraries if args[0].startswith(entry))
            name = within.removeprefix("__pycache__" + os.sep).split(os.sep)[0].partition(".")[0]
        if name and (refused := self._refused(name, sys._getframe(1))):  # noqa: SLF001
            raise Forbidden(refused[0])

    def _refused(self, name: str, frame: FrameType | None) -> tuple[str, FrameType | None] | None:
        """Say who imports a module that is not allowed, and in which frame; None if it may be imported."""
        package = name.partition(".")[0]
        if not package or package in self._allowed:
            return None
        ours = self.imported.__code__
        while frame is not None and (frame.f_code is ours or frame.f_code.co_filename.startswith(self._carriers)):
            # This file may lie among the libraries, too.
            if frame.f_code is not ours and frame.f_code.co_filename.startswith(self._libraries):
                return None
            frame = frame.f_back
        if frame is None:
            return f"the code imports {name}", None
        if frame.f_code.co_filename in self._trusted:
            return None
        return f"{os.path.basename(frame.f_code.co_filename)}, line {frame.f_lineno}, imports {name}", frame

    def _stand_in(self, message: str) -> StandIn:
        def use(*_: object) -> NoReturn:
            self.unused.pop(message, None)
            raise Forbidden(message)

        self.unused[message] = None
        return StandIn(use)

    def _may_go_on(self, frame: FrameType | None) -> bool:
        """Tell whether a frame is at an import statement of a student's file, and no exception of it is awaited."""
        if frame is None or not frame.f_code.co_filename.startswith(self._folder):
            return False
        if frame.f_code.co_code[frame.f_lasti] != opmap["IMPORT_NAME"]:
            return False
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._folder) and _awaited(frame):
                return False
            frame = frame.f_back
        return True


def _awaited(frame: FrameType) -> bool:
    """Tell whether the line of a frame stands in a ``try`` or a ``with`` that catches a refusal."""
    import ast  # noqa: PLC0415  rarely needed

    for node in ast.walk(ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))):
        if isinstance(node, ast.Try):
            caught = [handler.type for handler in node.handlers]
        elif isinstance(node, ast.With):
            caught = [item.context_expr for item in node.items]
        else:
            continue
        if node.body[0].lineno <= frame.f_lineno <= (node.body[-1].end_lineno or 0):
            names = {getattr(one, "id", getattr(one, "attr", "")) for each in caught if each for one in ast.walk(each)}
            if None in caught or names & _CATCHING:
                return True
    return False
