"""How far something is that takes more than a moment, said in a notebook while it runs; nothing anywhere else."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any, Self

from autograder.student.markup import MIME

# What is done before that says nothing: a flicker is no help.
MOMENT_SECONDS = 1.0


class Waiting:
    """A line in the notebook that says how many of so many steps are done, from the first moment on.

    It stays, as the record of a wait, since taking it away would take away what the cell has shown before it.
    """

    def __init__(self, what: str, total: int, moment_seconds: float = MOMENT_SECONDS) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._handle: Any = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(moment_seconds, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if _in_notebook():
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._timer.finished.set()
            if self._handle:
                self._handle.update(self._bundle("interrupted" if kind else "done"), raw=True)

    def told(self, _: object) -> None:
        """Count one more step."""
        with self._lock:
            self._done += 1
            if self._handle:
                self._handle.update(self._bundle(), raw=True)

    def _show(self) -> None:
        from IPython.display import display  # noqa: PLC0415  there where a notebook runs, and only there

        with self._lock:
            if not self._timer.finished.is_set():
                self._handle = display(self._bundle(), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def _bundle(self, how: str = "") -> dict[str, Any]:
        text = f"{self._what}: {how or f'{self._done} of {self._total} runs done …'}"
        return {"text/plain": text, MIME: {"waiting": not how}}


def _in_notebook() -> bool:
    """Whether a kernel runs this: a shell in a terminal has none."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None
