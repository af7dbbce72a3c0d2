"""The files in one student's folder or archive: every file's name, and the content of those asked for.

Whatever was handed in is read as bytes, in bounds, and nothing is unpacked to disk. A fault of one file is told in its
`Entry`; what makes the whole unreadable is raised as `RefusedError`. An archive can make any reader of archives slow or
large: this is done in a reader (:mod:`autograder.worker.reader`).
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
from collections.abc import Callable, Iterator, Sequence
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
# Of a name within a sentence: an archive's may have a hundred million.
MAX_PRINTED = 300

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
LITTER = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}  # and everything hidden

# What the standard library is known to raise over a damaged archive.
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error),
    *(EOFError, OSError, ValueError, OverflowError, NotImplementedError, RuntimeError),
    *(LookupError, TypeError, AttributeError, AssertionError, MemoryError),
)


class RefusedError(Exception):
    """One submission can't be read as a whole; the message is the sentence for its report."""


@dataclass(frozen=True)
class Entry:
    """One file of a submission: where it is, its content if that was asked for, or what is wrong with it."""

    parts: tuple[str, ...]
    content: bytes = b""
    fault: str = ""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.parts[-1]

    @property
    def path(self) -> str:
        """Where it is, fit to be printed."""
        return printable("/".join(self.parts))


# Whether the content of a file at this place is asked for.
Wants = Callable[[tuple[str, ...]], bool]
Stream = IO[bytes] | gzip.GzipFile


class NotOpenedError(Exception):
    """A file that is listed can't be opened; the message is the end of a sentence about it."""


class Listing(msgspec.Struct, frozen=True):
    """A student's folder or archive, as it is seen from outside: nothing in it has been opened.

    Attributes
    ----------
    name : str
        Of the folder or archive.
    files : tuple of (tuple of str, str) or None
        Of a folder, where each file is, and what is wrong with it; None of an archive.
    """

    name: str
    files: tuple[tuple[tuple[str, ...], str], ...] | None = None


# Opens a listed file by its number; an archive is number 0. Raises NotOpenedError.
Open = Callable[[int], IO[bytes]]


def entries_of(listing: Listing, opened: Open, wants: Wants) -> list[Entry]:
    """The files in a folder or archive, less what machines leave behind; with their contents, where asked for.

    Raises
    ------
    RefusedError
        If it can't be read, or holds more than a student's work can be.
    """
    try:
        if listing.files is None:
            found = archive_entries(listing.name, opened, wants)
        else:
            found = folder_entries(listing.files, opened, wants)
        return [entry for entry in found if not any(litter(part) for part in entry.parts)]
    except DAMAGED as error:
        detail = printable(str(getattr(error, "strerror", None) or error)) or type(error).__name__
        raise RefusedError(f"{printable(listing.name)} could not be read: {detail}; hand it in again") from error


def folder_entries(files: Sequence[tuple[tuple[str, ...], str]], opened: Open, wants: Wants) -> Iterator[Entry]:
    """The files that are listed of a folder."""
    meter = Meter()
    for number, (written, fault) in enumerate(files):
        parts = tuple(map(composed, written))
        if fault or not wants(parts):
            yield Entry(parts, fault=fault)
            continue
        try:
            with opened(number) as file:
                size = os.fstat(file.fileno()).st_size
                meter.count(1, size if size <= limit(parts[-1]) else 0)
                yield entry_from(file, parts, size)
        except NotOpenedError as error:
            yield Entry(parts, fault=str(error))
        except OSError as error:
            yield Entry(parts, fault=f"could not be read: {error.strerror}")


def archive_entries(name: str, opened: Open, wants: Wants) -> Iterator[Entry]:
    """The files in an archive; what it is is told by its content, for suffixes lie."""
    if not name.lower().endswith(ARCHIVES):
        raise RefusedError(f"{printable(name)} is not a .zip or .tar.gz; hand in one of these, or a folder")
    try:
        file = opened(0)
    except NotOpenedError as error:
        raise RefusedError(f"{printable(name)} {error}; hand it in again") from None
    with file:
        if (size := os.fstat(file.fileno()).st_size) > MAX_ARCHIVE_BYTES:
            raise RefusedError(f"{printable(name)} has {size // MIB} MiB; expected at most {MAX_ARCHIVE_BYTES // MIB}")
        magic = file.read(2)
        file.seek(0)
        if magic == b"PK":
            yield from zip_entries(file, wants)
        elif magic == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield from tar_entries(unzipped, wants)
        else:
            yield from tar_entries(file, wants)


def zip_entries(file: IO[bytes], wants: Wants) -> Iterator[Entry]:
    """The files in a zip archive."""
    meter = Meter()
    with zipfile.ZipFile(Bounded(file, at_once=MAX_DIRECTORY_BYTES)) as archive:
        for member in archive.infolist():
            meter.count(1, member.file_size)
        for member in archive.infolist():
            parts, mode = parts_of(member.filename), member.external_attr >> 16
            if not parts or member.is_dir():  # in this order: an empty name is none of a folder, nor of anything
                continue
            if stat.S_ISLNK(mode):
                yield Entry(parts, fault="is a link; hand in the file itself")
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield Entry(parts, fault="is not an ordinary file; hand in a file")
            elif member.flag_bits & 1:
                raise RefusedError("the archive is locked with a password; pack it without")
            elif wants(parts) and member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                yield Entry(parts, fault="is packed by an uncommon method; pack it as an ordinary zip")
            elif wants(parts):
                with archive.open(member) as content:
                    yield entry_from(content, parts, member.file_size)
            else:
                yield Entry(parts)


def tar_entries(file: Stream, wants: Wants) -> Iterator[Entry]:
    """The files in a tar archive, read as a stream: what is declared is not believed, what comes is counted."""
    meter = Meter()
    with tarfile.open(fileobj=Bounded(file, in_all=MAX_UNPACKED_BYTES), mode="r|") as archive:
        for member in archive:
            parts = parts_of(member.name)
            meter.count(1, member.size)
            if member.isdir() or not parts:
                continue
            if member.issym() or member.islnk():
                yield Entry(parts, fault="is a link; hand in the file itself")
            elif not member.isreg():
                yield Entry(parts, fault="is not an ordinary file; hand in a file")
            elif wants(parts) and (content := archive.extractfile(member)) is not None:
                yield entry_from(content, parts, member.size)
            else:
                yield Entry(parts)


def entry_from(file: IO[bytes], parts: tuple[str, ...], size: int) -> Entry:
    """The entry of an open file: its content, or why that can't be a module or a notebook."""
    most = limit(parts[-1])
    too_large = f"is larger than {most // MIB} MiB; hand in the file without data or outputs"
    if size > most:
        return Entry(parts, fault=too_large)
    pieces, length = [], 0
    # A little at a time: a file may be longer than it says, and a zip reader buffers all it is asked for.
    while length <= most and (piece := file.read(MIB // 4)):
        pieces.append(piece)
        length += len(piece)
    content = b"".join(pieces)
    if length > most:
        return Entry(parts, fault=too_large)
    if os.path.splitext(parts[-1])[1] not in MAX_FILE_BYTES:
        return Entry(parts, content)
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Entry(parts, fault="has a NUL byte, so it is not text; hand in the source")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Entry(parts, fault=f"is not UTF-8 (byte {content[error.start]:#04x} in line {line}); save it as UTF-8")
    return Entry(parts, content)


class Meter:
    """Counts what a submission holds and refuses it when that is more than a student's work can be."""

    def __init__(self) -> None:
        self.members = 0
        self.unpacked_bytes = 0

    def count(self, members: int = 1, unpacked_bytes: int = 0) -> None:
        """Add this much."""
        self.members += members
        self.unpacked_bytes += unpacked_bytes
        if self.members > MAX_MEMBERS:
            raise RefusedError(f"the submission holds more than {MAX_MEMBERS:,} files; hand in only what was asked for")
        if self.unpacked_bytes > MAX_UNPACKED_BYTES:
            raise RefusedError(
                f"the submission unpacks to more than {MAX_UNPACKED_BYTES // MIB} MiB; leave the data out"
            )


class Bounded(io.RawIOBase):
    """A file that refuses to be read beyond a bound, in all or at once: an archive's own numbers can't be trusted."""

    def __init__(self, file: Stream, *, in_all: int | None = None, at_once: int | None = None) -> None:
        self.file, self.in_all, self.at_once, self.length = file, in_all, at_once, 0

    def read(self, size: int | None = -1) -> bytes:
        """As a file's."""
        if self.at_once is not None and size is not None and size > self.at_once:
            raise RefusedError("the archive's list of files is too long; hand in only what was asked for")
        content = self.file.read(-1 if size is None else size)
        self.length += len(content)
        if self.in_all is not None and self.length > self.in_all:
            raise RefusedError(f"the submission unpacks to more than {self.in_all // MIB} MiB; leave the data out")
        return content

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As a file's."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return self.file.tell()

    def seekable(self) -> bool:
        """As a file's."""
        return True


def parts_of(name: str) -> tuple[str, ...]:
    """The path of an archive's member, which must stay within the archive. Old Windows tools write backslashes."""
    # What is no text in its archive's encoding could not be written out again.
    path = composed(name).replace("\\", "/").encode("utf-8", "replace").decode()
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        raise RefusedError(f"{printable(name)} would be written outside of the archive's folder; pack it again")
    return parts


def composed(name: str) -> str:
    """A name in the one form of Unicode that all are compared in: macOS writes an accent as a letter of its own."""
    return unicodedata.normalize("NFC", name)


def limit(name: str) -> int:
    """The most bytes a file of this name may have."""
    # Also of a notebook that some program has called `x.ipynb.txt`.
    suffix = ".ipynb" if ".ipynb" in name.lower() else os.path.splitext(name)[1]
    return MAX_FILE_BYTES.get(suffix, attachments.MAX_FILE_BYTES)


def litter(name: str) -> bool:
    """Whether a file or folder was put there by a machine, not by the student."""
    return name in LITTER or name.startswith(".")


def printable(text: str, instead: str = "?") -> str:
    """The text as a line, cut if it is long, with something in place of what could break one or steer a terminal."""
    if len(text) > MAX_PRINTED:
        text = f"{text[: MAX_PRINTED // 2]} ... {text[-MAX_PRINTED // 2 :]}"
    plain = "".join(character if character.isprintable() else instead for character in text)
    return line(plain).replace(UNSHOWN, instead).strip()
