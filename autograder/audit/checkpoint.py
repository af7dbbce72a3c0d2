"""What a long audit has found so far, kept so that one that was cut short goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from autograder.gradebook.export import write_atomically

Result = TypeVar("Result", bound=msgspec.Struct)


class Journal(Generic[Result]):
    """Results in a folder, a file each.

    Parameters
    ----------
    folder : path
        Of these results alone: its name says what they depend on.
    kind : type
        What a result is.
    """

    def __init__(self, folder: Path, kind: type[Result]) -> None:
        self._folder = folder
        self._kind = kind
        folder.mkdir(parents=True, exist_ok=True)

    def once(self, name: str, do: Callable[[], Result]) -> Result:
        """The result of that name; found if it isn't there, or can't be read."""
        path = self._folder / f"{name}.msgpack"
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=self._kind)
        except (FileNotFoundError, msgspec.DecodeError):
            result = do()
            write_atomically(path, msgspec.msgpack.encode(result))
            return result
