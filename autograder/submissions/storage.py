"""Submissions on this machine's disk: listed and opened, but not parsed; and the files taken from one.

The grader itself does nothing else with submissions. It follows no link, and waits for no pipe.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autograder.submissions.unpack import (
    MAX_FILE_BYTES,
    NOT_A_FILE,
    Listing,
    Meter,
    NotOpenedError,
    RefusedError,
    litter,
    printable,
)

# Deeper folders are not listed, such as those of a virtual environment in the submission.
MAX_DEPTH = 4
# Most bytes of the paths of all files in a folder.
MAX_NAMES_BYTES = 2 << 20
PART_BYTES = 1 << 20
# Files by device and number, whatever their names.
Identities = Collection[tuple[int, int]]


class UnreadError(Exception):
    """A submission can't be read on this machine, which is not the student's fault; the message says why."""


class Source:
    """A student's folder or archive, of which nothing is opened that is a hard link to a ``private`` file.

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
            path.lstat()  # it existed when the class was listed
            if not path.is_dir():
                self._paths = [path]
                self.listing = Listing(name)
                return
            found = [*_walked(path, (), Meter(names_bytes=MAX_NAMES_BYTES))]
        except OSError as error:
            raise UnreadError(f"{printable(name)}: {error.strerror}") from None
        self._paths = [Path(path, *parts) for parts, _ in found]
        self.listing = Listing(name, tuple((tuple(map(_as_text, parts)), fault) for parts, fault in found))

    def open(self, number: int) -> IO[bytes]:
        """Open a listed file for reading.

        Raises
        ------
        NotOpenedError
            If it is no ordinary file, or not the student's.
        UnreadError
            If the system refuses.
        """
        path = self._paths[number]
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise UnreadError(f"{printable(path.name)}: {error.strerror}") from None
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in self._private:
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
        raise NotOpenedError("could not be read: not an ordinary file, or not yours")


def _walked(folder: Path, above: tuple[str, ...], meter: Meter) -> Iterator[tuple[tuple[str, ...], str]]:
    items = []
    with os.scandir(folder) as found:
        # Counted one by one, so that too many are refused before they are sorted.
        for item in found:
            meter.count(names_bytes=sum(map(len, (*above, item.name))))
            items.append(item)
    for item in sorted(items, key=lambda item: item.name):
        parts = (*above, item.name)
        if litter(item.name):
            continue
        if item.is_dir(follow_symlinks=False):
            if item.name.endswith(tuple(MAX_FILE_BYTES)):
                yield parts, "is a folder; hand in a file of that name"
            elif len(parts) < MAX_DEPTH:
                yield from _walked(Path(item.path), parts, meter)
        elif not item.is_file(follow_symlinks=False):
            yield parts, NOT_A_FILE
        else:
            yield parts, ""


def _as_text(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


class Spool(Mapping[str, bytes]):
    """Files of one submission by name, kept on disk beyond the first MiB, so that large classes need little memory."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=PART_BYTES)  # noqa: SIM115  it lives as long as this does
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._contents: dict[str, Spooled] = {}
        self._end = 0

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """Add a file, part by part."""
        whole = hashlib.sha256()
        began = self._end
        for part in parts:
            whole.update(part)
            self._file.write(part)
            self._end += len(part)
        self._contents[name] = Spooled(self, began, self._end - began, whole.hexdigest())

    def content(self, name: str) -> Spooled:
        """Return a file that is read part by part."""
        return self._contents[name]

    def read(self, offset: int, size: int) -> bytes:
        """Read some of the bytes of all files."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def __getitem__(self, name: str) -> bytes:
        return b"".join(self._contents[name].parts())

    def __contains__(self, name: object) -> bool:
        return name in self._contents  # the inherited method would read the file

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)


@dataclass(frozen=True)
class Spooled:
    """A file in a spool: its offset and size in bytes, and its SHA-256."""

    spool: Spool
    offset: int
    size: int
    digest: str

    def __len__(self) -> int:
        return self.size

    def parts(self) -> Iterator[bytes]:
        """Yield its bytes, part by part."""
        for done in range(0, self.size, PART_BYTES):
            yield self.spool.read(self.offset + done, min(PART_BYTES, self.size - done))


def content_of(files: Mapping[str, bytes], name: str) -> bytes | Spooled:
    """Return a file's content, or its handle if it is in a spool."""
    return files.content(name) if isinstance(files, Spool) else files[name]


def digest_of(files: Mapping[str, bytes], name: str) -> str:
    """Return the SHA-256 of a file."""
    return files.content(name).digest if isinstance(files, Spool) else hashlib.sha256(files[name]).hexdigest()
