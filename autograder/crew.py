"""Threads that do the same to many things, and say how far they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Crew:
    """Threads, and who is told what is being done, how much of it is done, and how much there is."""

    pool: Executor
    tell: Callable[[str, int, int], object]

    def each(self, what: str, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """What doing something to each item gives, in their order."""
        todo = list(items)
        lock = threading.Lock()
        done = 0

        def one(item: Item) -> Result:
            nonlocal done
            result = do(item)
            with lock:
                done += 1
                self.tell(what, done, len(todo))
            return result

        return list(self.pool.map(one, todo))
