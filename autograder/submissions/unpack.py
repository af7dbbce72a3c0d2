"""The files in one student's folder or archive: the name of each, and the content of the wanted ones.

Files are read as bytes, within bounds, and nothing is unpacked to disk. A fault of one file is in its `Entry`; one of
the whole submission is raised as `RefusedError`. Archives can make any reader slow or large, so this runs in a reader
(:mod:`autograder.worker.reader`), whose limits hold where an archive's own numbers are wrong.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, cast

import msgspec

from autograder.text import UNSHOWN, line

MIB = 2**20
MAX_FILE_BYTES = {".py": 1 * MIB, ".ipynb": 50 * MIB}
# Of any other file: a photograph of a page has a few MiB.
MAX_ATTACHMENT_BYTES = 8 * MIB
MAX_ARCHIVE_BYTES = 100 * MIB
MAX_UNPACKED_BYTES = 300 * MIB
MAX_MEMBERS = 10_000
# Most characters of a name in a sentence: names in archives can have a hundred million.
MAX_PRINTED = 300

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
LITTER = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}  # beside hidden files

NOT_A_FILE = "is a link, or not an ordinary file; hand in the file itself"

# Exceptions of the standard library for damaged archives.
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error),
    *(EOFError, OSError, ValueError, OverflowError, NotImplementedError, RuntimeError),
    *(LookupError, TypeError, AttributeError, AssertionError, MemoryError),
)


class RefusedError(Exception):
    """One submission can't be read as a whole; the message is the sentence for its report, the ``reason`` its name."""

    reason = "refused"


class BrokenArchiveError(RefusedError):
    """The bytes of an archive, or the paths in it, are not an archive's."""

    reason = "broken archive"


class NotOpenedError(Exception):
    """A listed file can't be opened; the message is the end of a sentence about it."""


@dataclass(frozen=True)
class Entry:
    """One file of a submission: its path, and its content if wanted, or its fault."""

    parts: tuple[str, ...]
    content: bytes = b""
    fault: str = ""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.parts[-1]

    @property
    def path(self) -> str:
        """The path, fit to be printed."""
        return printable("/".join(self.parts))


class Listing(msgspec.Struct, frozen=True):
    """The listing of a student's folder or archive, of which nothing is opened."""

    name: str
    # The path of each file in a folder, and its fault or ""; None for an archive.
    files: tuple[tuple[tuple[str, ...], str], ...] | None = None


# Tells whether the content of the file at a path is wanted.
Wants = Callable[[tuple[str, ...]], bool]
# Opens a listed file by its number; an archive is number 0. Raises NotOpenedError.
Open = Callable[[int], IO[bytes]]
# A path, the size that an archive declares, a fault or "", and what opens the file.
_Member = tuple[tuple[str, ...], int, str, Callable[[], IO[bytes] | None]]


def entries_of(listing: Listing, opened: Open, wants: Wants) -> list[Entry]:
    """List the files in a folder or archive, without those that programs leave behind; with contents if wanted.

    Raises
    ------
    RefusedError
        If it can't be read, or holds more than a student's work can be.
    """
    found: list[Entry] = []
    room = MAX_UNPACKED_BYTES
    try:
        members = _of_archive(listing.name, opened) if listing.files is None else _of_folder(listing.files, opened)
        for number, (parts, size, fault, open_member) in enumerate(members):
            see_count(number + 1)
            if parts and not any(map(litter, parts)):
                found.append(Entry(parts, fault=fault) if fault or not wants(parts) else _read(parts, open_member))
                size = max(size, len(found[-1].content))  # noqa: PLW2901  what is declared may be wrong
            room -= size
            if room < 0:
                most = MAX_UNPACKED_BYTES // MIB
                raise RefusedError(f"the submission unpacks to more than {most} MiB; leave the data out")
    except NotOpenedError as error:
        raise RefusedError(f"{printable(listing.name)} {error}; hand it in again") from None
    except DAMAGED as error:
        detail = printable(str(getattr(error, "strerror", None) or error)) or type(error).__name__
        raise BrokenArchiveError(f"{printable(listing.name)} could not be read: {detail}; hand it in again") from error
    return found


def see_count(files: int) -> None:
    """Raise RefusedError for more files than a student's work can have."""
    if files > MAX_MEMBERS:
        raise RefusedError(f"the submission holds more than {MAX_MEMBERS:,} files; hand in only what was asked for")


def _of_folder(files: Iterable[tuple[tuple[str, ...], str]], opened: Open) -> Iterator[_Member]:
    for number, (parts, fault) in enumerate(files):
        yield tuple(map(composed, parts)), 0, fault, partial(opened, number)


def _of_archive(name: str, opened: Open) -> Iterator[_Member]:
    if not name.lower().endswith(ARCHIVES):
        raise BrokenArchiveError(f"{printable(name)} is not a .zip or .tar.gz; hand in one of these, or a folder")
    with opened(0) as file:
        if (size := os.fstat(file.fileno()).st_size) > MAX_ARCHIVE_BYTES:
            raise RefusedError(f"{printable(name)} has {size // MIB} MiB; expected at most {MAX_ARCHIVE_BYTES // MIB}")
        magic = file.read(2)  # suffixes may be wrong
        file.seek(0)
        if magic == b"PK":
            with zipfile.ZipFile(file) as archive:
                for one in archive.infolist():
                    parts = parts_of(one.filename)
                    ordinary = stat.S_IFMT(one.external_attr >> 16) in (0, stat.S_IFREG)
                    # In this order: is_dir fails on an empty name.
                    yield (
                        () if not parts or one.is_dir() else parts,
                        one.file_size,
                        "" if ordinary else NOT_A_FILE,
                        partial(archive.open, one),
                    )
            return
        # A stream, which never goes back, whatever offsets the archive declares.
        content = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if magic == b"\x1f\x8b" else file
        with content, tarfile.open(fileobj=content, mode="r|") as tar:
            for member in tar:
                parts, fault = parts_of(member.name), "" if member.isreg() else NOT_A_FILE
                yield () if member.isdir() else parts, member.size, fault, partial(tar.extractfile, member)


def _read(parts: tuple[str, ...], open_member: Callable[[], IO[bytes] | None]) -> Entry:
    most, length = limit(parts[-1]), 0
    pieces: list[bytes] = []
    try:
        file = open_member()
    except NotOpenedError as error:
        return Entry(parts, fault=str(error))
    if file is None:
        return Entry(parts, fault=NOT_A_FILE)
    with file:
        # In small pieces: a file may be longer than declared, and a zip reader buffers all requested bytes.
        while length <= most and (piece := file.read(MIB // 4)):
            pieces.append(piece)
            length += len(piece)
    if length > most:
        return Entry(parts, fault=f"is larger than {most // MIB} MiB; hand in the file without data or outputs")
    content = b"".join(pieces)
    if os.path.splitext(parts[-1])[1] not in MAX_FILE_BYTES:
        return Entry(parts, content)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Entry(parts, fault=f"is not UTF-8 (byte {content[error.start]:#04x} in line {line}); save it as UTF-8")
    if b"\0" in content:
        return Entry(parts, fault="has a NUL byte, so it is not text; hand in the source")
    return Entry(parts, content)


def parts_of(name: str) -> tuple[str, ...]:
    """Split a path in an archive, which must stay within the archive. Old Windows tools write backslashes."""
    # Encoded and decoded, so that a name with invalid characters can be printed.
    path = composed(name).replace("\\", "/").encode("utf-8", "replace").decode()
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        raise BrokenArchiveError(f"{printable(name)} would be written outside of the archive's folder; pack it again")
    return parts


def composed(name: str) -> str:
    """Return a name in Unicode's composed form, for comparisons: macOS stores accents as letters of their own."""
    return unicodedata.normalize("NFC", name)


def limit(name: str) -> int:
    """Return the largest size of a file of this name, in bytes."""
    # A notebook may have been renamed to `x.ipynb.txt`.
    suffix = ".ipynb" if ".ipynb" in name.lower() else os.path.splitext(name)[1]
    return MAX_FILE_BYTES.get(suffix, MAX_ATTACHMENT_BYTES)


def litter(name: str) -> bool:
    """Tell whether a program left a file or folder of this name behind."""
    return name in LITTER or name.startswith(".")


def printable(text: str, instead: str = "?") -> str:
    """Return a text as one line, cut if it is long; characters that break lines or control a terminal are replaced."""
    if len(text) > MAX_PRINTED:
        text = f"{text[: MAX_PRINTED // 2]} ... {text[-MAX_PRINTED // 2 :]}"
    plain = "".join(character if character.isprintable() else instead for character in text)
    return line(plain).replace(UNSHOWN, instead).strip()
