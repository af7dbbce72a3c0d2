"""The files in one student's folder or archive: the name of each, and the content of the wanted ones.

Files are read as bytes, within bounds, and nothing is unpacked to disk. A fault of one file is in its `Entry`; one of
the whole submission is raised as `RefusedError`. Archives can make any reader slow or large, so this runs in a reader
(:mod:`autograder.worker.reader`).
"""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

import msgspec

from autograder.submissions import attachments
from autograder.text import UNSHOWN, line

MIB = 2**20
MAX_FILE_BYTES = {".py": 1 * MIB, ".ipynb": 50 * MIB}
MAX_ARCHIVE_BYTES = 100 * MIB
MAX_UNPACKED_BYTES = 300 * MIB
MAX_MEMBERS = 10_000
MAX_DIRECTORY_BYTES = 4 * MIB
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
    """One submission can't be read as a whole; the message is the sentence for its report."""


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
Stream = IO[bytes] | gzip.GzipFile


def entries_of(listing: Listing, opened: Open, wants: Wants) -> list[Entry]:
    """List the files in a folder or archive, without those that programs leave behind; with contents if wanted.

    Raises
    ------
    RefusedError
        If it can't be read, or holds more than a student's work can be.
    """
    try:
        kind = _archive_entries if listing.files is None else _folder_entries
        found = kind(listing, opened, wants)
        return [entry for entry in found if not any(litter(part) for part in entry.parts)]
    except DAMAGED as error:
        detail = printable(str(getattr(error, "strerror", None) or error)) or type(error).__name__
        raise RefusedError(f"{printable(listing.name)} could not be read: {detail}; hand it in again") from error


def _folder_entries(listing: Listing, opened: Open, wants: Wants) -> Iterator[Entry]:
    meter = Meter()
    for number, (written, fault) in enumerate(listing.files or ()):
        parts = tuple(map(composed, written))
        if fault or not wants(parts):
            yield Entry(parts, fault=fault)
            continue
        try:
            with opened(number) as file:
                size = os.fstat(file.fileno()).st_size
                meter.count(unpacked_bytes=size if size <= limit(parts[-1]) else 0)
                yield _read(file, parts, size)
        except NotOpenedError as error:
            yield Entry(parts, fault=str(error))
        except OSError as error:
            yield Entry(parts, fault=f"could not be read: {error.strerror}")


def _archive_entries(listing: Listing, opened: Open, wants: Wants) -> Iterator[Entry]:
    name = listing.name
    if not name.lower().endswith(ARCHIVES):
        raise RefusedError(f"{printable(name)} is not a .zip or .tar.gz; hand in one of these, or a folder")
    try:
        file = opened(0)
    except NotOpenedError as error:
        raise RefusedError(f"{printable(name)} {error}; hand it in again") from None
    with file:
        if (size := os.fstat(file.fileno()).st_size) > MAX_ARCHIVE_BYTES:
            raise RefusedError(f"{printable(name)} has {size // MIB} MiB; expected at most {MAX_ARCHIVE_BYTES // MIB}")
        magic = file.read(2)  # suffixes may be wrong
        file.seek(0)
        if magic == b"PK":
            yield from _zip_entries(file, wants)
        elif magic == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield from _tar_entries(unzipped, wants)
        else:
            yield from _tar_entries(file, wants)


def _zip_entries(file: IO[bytes], wants: Wants) -> Iterator[Entry]:
    meter = Meter()
    with zipfile.ZipFile(Bounded(file)) as archive:
        for member in archive.infolist():
            meter.count(unpacked_bytes=member.file_size)
        for member in archive.infolist():
            parts, mode = parts_of(member.filename), member.external_attr >> 16
            if not parts or member.is_dir():  # in this order: is_dir fails on an empty name
                continue
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield Entry(parts, fault=NOT_A_FILE)
            elif member.flag_bits & 1:
                raise RefusedError("the archive is locked with a password; pack it without")
            elif not wants(parts):
                yield Entry(parts)
            elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                yield Entry(parts, fault="is packed by an uncommon method; pack it as an ordinary zip")
            else:
                with archive.open(member) as content:
                    yield _read(content, parts, member.file_size)


def _tar_entries(file: Stream, wants: Wants) -> Iterator[Entry]:
    """Yield the files in a tar archive, read as a stream: bytes are counted, declared sizes are not trusted."""
    meter = Meter()
    with tarfile.open(fileobj=Bounded(file), mode="r|") as archive:
        for member in archive:
            parts = parts_of(member.name)
            meter.count(unpacked_bytes=member.size)
            if member.isdir() or not parts:
                continue
            if not member.isreg():
                yield Entry(parts, fault=NOT_A_FILE)
            elif wants(parts) and (content := archive.extractfile(member)) is not None:
                yield _read(content, parts, member.size)
            else:
                yield Entry(parts)


def _read(file: IO[bytes], parts: tuple[str, ...], size: int) -> Entry:
    most = limit(parts[-1])
    too_large = f"is larger than {most // MIB} MiB; hand in the file without data or outputs"
    if size > most:
        return Entry(parts, fault=too_large)
    pieces, length = [], 0
    # In small pieces: a file may be longer than declared, and a zip reader buffers all requested bytes.
    while length <= most and (piece := file.read(MIB // 4)):
        pieces.append(piece)
        length += len(piece)
    content = b"".join(pieces)
    if length > most:
        return Entry(parts, fault=too_large)
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


class Meter:
    """A count of a submission's files, which refuses it when there are more than a student's work can have."""

    def __init__(self, names_bytes: int = 0) -> None:
        self._members, self._unpacked_bytes, self._names_bytes = MAX_MEMBERS, MAX_UNPACKED_BYTES, names_bytes

    def count(self, unpacked_bytes: int = 0, names_bytes: int = 0) -> None:
        """Count one more file."""
        self._members -= 1
        self._unpacked_bytes -= unpacked_bytes
        self._names_bytes -= names_bytes
        if self._members < 0:
            raise RefusedError(f"the submission holds more than {MAX_MEMBERS:,} files; hand in only what was asked for")
        if self._unpacked_bytes < 0:
            raise _unpacks_to_more()
        if self._names_bytes < 0:
            raise RefusedError("the names of the submission's files are too long; hand in only what was asked for")


def _unpacks_to_more() -> RefusedError:
    return RefusedError(f"the submission unpacks to more than {MAX_UNPACKED_BYTES // MIB} MiB; leave the data out")


class Bounded(io.RawIOBase):
    """A file that can't be read beyond a bound, in total or at once: an archive's own numbers can't be trusted."""

    def __init__(self, file: Stream) -> None:
        self._file, self._left = file, MAX_UNPACKED_BYTES

    def read(self, size: int | None = -1) -> bytes:
        """Read as from any file, within the bounds."""
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise RefusedError("the archive's list of files is too long; hand in only what was asked for")
        content = self._file.read(-1 if size is None else size)
        self._left -= len(content)
        if self._left < 0:
            raise _unpacks_to_more()
        return content

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move as in any file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True."""
        return True


def parts_of(name: str) -> tuple[str, ...]:
    """Split a path in an archive, which must stay within the archive. Old Windows tools write backslashes."""
    # Encoded and decoded, so that a name with invalid characters can be printed.
    path = composed(name).replace("\\", "/").encode("utf-8", "replace").decode()
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        raise RefusedError(f"{printable(name)} would be written outside of the archive's folder; pack it again")
    return parts


def composed(name: str) -> str:
    """Return a name in Unicode's composed form, for comparisons: macOS stores accents as letters of their own."""
    return unicodedata.normalize("NFC", name)


def limit(name: str) -> int:
    """Return the largest size of a file of this name, in bytes."""
    # A notebook may have been renamed to `x.ipynb.txt`.
    suffix = ".ipynb" if ".ipynb" in name.lower() else os.path.splitext(name)[1]
    return MAX_FILE_BYTES.get(suffix, attachments.MAX_FILE_BYTES)


def litter(name: str) -> bool:
    """Tell whether a program left a file or folder of this name behind."""
    return name in LITTER or name.startswith(".")


def printable(text: str, instead: str = "?") -> str:
    """Return a text as one line, cut if it is long; characters that break lines or control a terminal are replaced."""
    if len(text) > MAX_PRINTED:
        text = f"{text[: MAX_PRINTED // 2]} ... {text[-MAX_PRINTED // 2 :]}"
    plain = "".join(character if character.isprintable() else instead for character in text)
    return line(plain).replace(UNSHOWN, instead).strip()
