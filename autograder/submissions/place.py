"""Where a student's work lies on this machine: a folder or an archive, listed and opened, and not looked into.

This is all that the grader itself does with what was handed in. Nothing is followed (links) or waited for (pipes).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from autograder.submissions.unpack import (
    MAX_FILE_BYTES,
    Listing,
    Meter,
    NotOpenedError,
    RefusedError,
    litter,
    printable,
)

# A folder is searched so deep and no deeper; a virtual environment among the homework is not read to its end.
MAX_DEPTH = 4
# Of the names of all that lies in a folder, with those of the folders that it is in.
MAX_NAMES_BYTES = 2 << 20
# Files by what they are, under whichever name: device and number.
Identities = Collection[tuple[int, int]]


class UnreadError(Exception):
    """A hand-in can't be read on this machine, which is no fault of whoever handed it in; the message says why."""


class Place:
    """A student's folder or archive.

    Parameters
    ----------
    path : Path
    private : collection of (int, int)
        Files that are not the student's, by what they are: another name of one in the folder is not opened.

    Raises
    ------
    RefusedError
        If it holds more than a student's work can be.
    UnreadError
        If it can't be listed.
    """

    def __init__(self, path: Path, private: Identities = ()) -> None:
        self._private = private
        if path.is_symlink():
            raise RefusedError(f"{printable(path.name)} is a link; hand in the folder or archive itself")
        name = _as_text(path.name)
        try:
            path.lstat()  # it was there when the class was listed
            if not path.is_dir():
                self._paths = [path]
                self.listing = Listing(name)
                return
            found = [*_walked(path, (), _Room())]
        except OSError as error:
            raise UnreadError(f"{printable(name)}: {error.strerror}") from None
        self._paths = [Path(path, *parts) for parts, _ in found]
        self.listing = Listing(name, tuple((tuple(map(_as_text, parts)), fault) for parts, fault in found))

    def open(self, number: int) -> IO[bytes]:
        """A listed file, opened to be read.

        Raises
        ------
        NotOpenedError
            If it is no ordinary file, or not the student's.
        UnreadError
            If it can't be.
        """
        path = self._paths[number]
        try:
            file = _open_regular(path)
        except OSError as error:
            raise UnreadError(f"{printable(path.name)}: {error.strerror}") from None
        status = os.fstat(file.fileno())
        if (status.st_dev, status.st_ino) in self._private:
            file.close()
            raise NotOpenedError("is a link to a file that is not yours; hand in the file itself")
        return file


class _Room:
    """Counts what lies in a folder, whatever it is, and refuses it when that is more than a student's work can be."""

    def __init__(self) -> None:
        self._meter = Meter()
        self._bytes = MAX_NAMES_BYTES

    def take(self, parts: tuple[str, ...]) -> None:
        """Count one more."""
        self._meter.count()
        self._bytes -= sum(map(len, parts))
        if self._bytes < 0:
            raise RefusedError("the names of the submission's files are too long; hand in only what was asked for")


def _walked(folder: Path, above: tuple[str, ...], room: _Room) -> Iterator[tuple[tuple[str, ...], str]]:
    """The files below a folder, each with what is wrong with it."""
    items = []
    with os.scandir(folder) as found:
        # Counted as they come: they are kept and sorted only if they are not too many.
        for item in found:
            room.take((*above, item.name))
            items.append(item)
    for item in sorted(items, key=lambda item: item.name):
        parts = (*above, item.name)
        if litter(item.name):
            continue
        if item.is_dir(follow_symlinks=False):
            if item.name.endswith(tuple(MAX_FILE_BYTES)):
                yield parts, "is a folder; hand in a file of that name"
            elif len(parts) < MAX_DEPTH:
                yield from _walked(Path(item.path), parts, room)
        elif item.is_symlink():
            yield parts, "is a link; hand in the file itself"
        elif not item.is_file(follow_symlinks=False):
            yield parts, "is not an ordinary file; hand in a file"
        else:
            yield parts, ""


def _as_text(name: str) -> str:
    """A name that can be written out as UTF-8."""
    return name.encode("utf-8", "replace").decode()


def _open_regular(path: Path) -> IO[bytes]:
    """Open an ordinary file; neither a link nor anything that could keep us waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotOpenedError("could not be read: not an ordinary file")
    return os.fdopen(descriptor, "rb")
