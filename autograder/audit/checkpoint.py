"""The results of a long audit so far, kept so that an interrupted one resumes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from autograder.gradebook.export import write_atomically

Result = TypeVar("Result", bound=msgspec.Struct)


class Checkpoint(Generic[Result]):
    """Results in a folder, a file each.

    Parameters
    ----------
    folder : path
        The folder of these results alone; its name holds the digest of their dependencies.
    kind : type
        The type of a result.
    """

    def __init__(self, folder: Path, kind: type[Result]) -> None:
        self._folder = folder
        self._kind = kind
        folder.mkdir(parents=True, exist_ok=True)

    def once(self, name: str, do: Callable[[], Result]) -> Result:
        """Read the result of that name; compute and store it if it is missing or unreadable."""
        path = self._folder / f"{name}.msgpack"
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=self._kind)
        except (FileNotFoundError, msgspec.DecodeError):
            result = do()
            write_atomically(path, msgspec.msgpack.encode(result))
            return result
