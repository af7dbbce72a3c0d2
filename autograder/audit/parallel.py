"""Threads that apply one function to many items, and show their progress."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[int, str], AbstractContextManager[Callable[[object], object]]]


@dataclass(frozen=True)
class Parallel:
    """The threads that work for one problem.

    Attributes
    ----------
    pool : Executor
    progress : callable
        ``progress(total, what)`` shows the progress of many items; it gives a callable, for each item that is finished.
    name : str
        The problem's.
    """

    pool: Executor
    progress: Progress
    name: str

    def each(self, what: str, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Apply a function to each item; return the results in the order of the items."""
        todo = list(items)
        lock = threading.Lock()
        with self.progress(len(todo), f"{self.name} {what}") as done:

            def one(item: Item) -> Result:
                result = do(item)
                with lock:
                    done(item)
                return result

            return list(self.pool.map(one, todo))
