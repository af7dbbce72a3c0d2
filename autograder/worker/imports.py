"""What student code may import."""

from __future__ import annotations

import builtins
import os
import sys
from types import FrameType
from typing import Any

from autograder.worker.job import PAGE, ProbeJob


class Forbidden(ImportError):
    """The student's code imports what the assignment doesn't allow."""


class ImportRule:
    """Raises Forbidden where student code imports a package that it may not, as if that were not installed.

    What counts is what is run: code that can do without a package, or is never called, loses nothing. Libraries may
    import what they like; the standard library imports for whoever has called it.
    """

    def __init__(self, job: ProbeJob, folder: str) -> None:
        own = {name.removesuffix(".py") for name in job.files}
        self._allowed = frozenset({*sys.stdlib_module_names, *job.allowed_imports, *own, "autograder"})
        self._trusted = (PAGE, *(os.path.join(folder, f"{name}.py") for name in job.given))
        self._libraries = tuple(entry + os.sep for entry in sys.path if "-packages" in entry)
        self._carriers = (os.path.dirname(os.__file__) + os.sep, "<frozen ", *self._libraries)
        self._import = builtins.__import__

    def imported(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """``__import__``: every import statement, of a package that another has loaded too."""
        # After the caller's names and the wanted ones: from how far up. A package's own modules are the package's.
        if not (args[3] if len(args) > 3 else kwargs.get("level")):
            self._look_at(name.partition(".")[0])
        return self._import(name, *args, **kwargs)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """What else there is: ``importlib.import_module``, whose import is seen by the file it opens alone."""
        if event == "import":
            self._look_at(args[0].partition(".")[0])
        elif event == "open" and str(args[0]).endswith(".pyc") and str(args[0]).startswith(self._libraries):
            within = next(args[0][len(entry) :] for entry in self._libraries if args[0].startswith(entry))
            self._look_at(within.removeprefix("__pycache__" + os.sep).split(os.sep)[0].partition(".")[0])

    def _look_at(self, package: str) -> None:
        if not package or package in self._allowed:
            return
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
        ours = self.imported.__code__
        while frame is not None and (frame.f_code is ours or frame.f_code.co_filename.startswith(self._carriers)):
            # Also this file may lie among the libraries.
            if frame.f_code is not ours and frame.f_code.co_filename.startswith(self._libraries):
                return
            frame = frame.f_back
        if frame is None:
            raise Forbidden(f"the code imports {package}")
        if frame.f_code.co_filename not in self._trusted:
            raise Forbidden(f"{os.path.basename(frame.f_code.co_filename)}, line {frame.f_lineno}, imports {package}")
