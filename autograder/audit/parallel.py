"""Threads that do the same to many things, and say how far they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console

from autograder.cli.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Crew:
    """Threads, where they say how far they are, and for whom they work."""

    pool: Executor
    console: Console
    name: str

    def each(self, what: str, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """What doing something to each item gives, in their order."""
        todo = list(items)
        lock = threading.Lock()
        with progress(self.console, len(todo), f"{self.name} {what}") as done:

            def one(item: Item) -> Result:
                result = do(item)
                with lock:
                    done(item)
                return result

            return list(self.pool.map(one, todo))
