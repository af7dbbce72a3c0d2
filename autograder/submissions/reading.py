"""Reading of a class: finding its submissions, one folder or archive per student, and taking files from each.

The grader lists and opens what lies on its disk (`Source`), and parses none of it. ``read`` runs in a reader
(:mod:`autograder.worker.reader`). A file that can't be taken becomes a sentence in that student's `Submission`; it
never stops the others.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Annotated

import msgspec

from autograder import Error
from autograder.submissions.selection import (
    MAX_ATTACHMENTS_BYTES,
    MAX_DEPTH_TAKEN,
    OTHER_ARCHIVES,
    Submission,
    choose,
    companions,
    is_module,
    misnamed,
    used_by_module,
    used_by_notebook,
)
from autograder.submissions.unpack import (
    ARCHIVES,
    MAX_FILE_BYTES,
    NOT_A_FILE,
    Listing,
    NotOpenedError,
    Open,
    RefusedError,
    composed,
    entries_of,
    litter,
    printable,
    see_count,
)
from autograder.worker.reader import Grader

# Deeper folders are not listed, such as those of a virtual environment in the submission.
MAX_DEPTH = 4
PART_BYTES = 1 << 20
# Files by device and number, whatever their names.
Identities = Collection[tuple[int, int]]
_PACKED = ARCHIVES + OTHER_ARCHIVES


class ClassError(Error):
    """The folder of submissions can't be used; the message gives the reason, and the expected layout."""


@dataclass(frozen=True)
class HandedIn:
    """A student's submission, not read yet; ``refused`` is the reason why it can't be read, or ""."""

    student: str
    path: Path
    refused: str = ""


def find_class(folder: Path) -> list[HandedIn]:
    """List the submissions in a folder, in the order of their names; ClassError if there is none."""
    try:
        found = sorted(path for path in folder.iterdir() if not litter(path.name))
    except OSError as error:
        step = "name the folder that holds one folder or archive per student"
        raise ClassError(f"{folder} can't be read: {error.strerror}; {step}") from None
    named: dict[str, list[Path]] = {}
    for path in found:
        # `os.path.isdir` raises nothing, whatever the path leads to.
        if os.path.isdir(path) or path.name.lower().endswith(_PACKED):
            named.setdefault(stem(path), []).append(path)
    if not named:
        seen = ", ".join(printable(path.name) for path in found[:3]) or "nothing"
        raise ClassError(f"{folder} holds {seen}; expected one folder, .zip or .tar.gz per student")
    handed_in = []
    for name, paths in named.items():
        all_of_them = " and ".join(printable(path.name) for path in paths)
        refused = f"{all_of_them} are of one name; keep the one to be graded" if len(paths) > 1 else ""
        handed_in.append(HandedIn(student_name(name), paths[0], refused))
    return handed_in


def loose_files(folder: Path) -> list[str]:
    """List the modules and notebooks that lie in a class's folder itself, in no student's."""
    return sorted(
        printable(path.name)
        for path in folder.iterdir()
        if path.name.lower().endswith(tuple(MAX_FILE_BYTES)) and not litter(path.name) and not os.path.isdir(path)
    )


def keep_apart(folder: Path, out: Path) -> None:
    """Raise ClassError for results in the folder of submissions: the next run would take them for a submission."""
    if out.resolve().is_relative_to(folder.resolve()):
        raise ClassError(
            f"{out} is in the folder of submissions, where it would be taken for a student's; keep results elsewhere: "
            "--out FOLDER (make: OUT=FOLDER)"
        )


def stem(path: Path) -> str:
    """Return the folder's name, or the archive's without its suffix."""
    name = composed(path.name)
    suffix = "" if os.path.isdir(path) else next((one for one in _PACKED if name.lower().endswith(one)), "")
    return name[: len(name) - len(suffix)]


def student_name(name: str) -> str:
    """Return a student's name in full; if it can't be shown, its printable part and a digest."""
    seen = printable(name, "_")
    if name and seen == name:
        return name
    return f"{seen or 'unnamed'}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


class UnreadError(Exception):
    """A submission can't be read on this machine, which is not the student's fault; the message says why."""


class Source:
    """A student's folder or archive, listed; nothing is opened that is a link, or a hard link to a ``private`` file.

    RefusedError if it holds more than a student's work can be; UnreadError if it can't be listed.
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
            found = _listed(path)
        except OSError as error:
            raise UnreadError(f"{printable(name)}: {error.strerror}") from None
        self._paths = [path / inner for inner, _ in found]
        self.listing = Listing(name, tuple((tuple(map(_as_text, inner.parts)), fault) for inner, fault in found))

    def open(self, number: int) -> IO[bytes]:
        """Open a listed file; NotOpenedError if it is no ordinary file, or not the student's, else UnreadError."""
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


def _listed(folder: Path) -> list[tuple[Path, str]]:
    """List the files below a folder, by their paths from there, each with its fault or ""."""
    found: list[tuple[Path, str]] = []
    waiting, count = [Path()], 0
    while waiting:
        above = waiting.pop()
        with os.scandir(folder / above) as items:
            for item in items:
                count += 1
                see_count(count)
                path = above / item.name
                if litter(item.name):
                    continue
                if not item.is_dir(follow_symlinks=False):
                    found.append((path, "" if item.is_file(follow_symlinks=False) else NOT_A_FILE))
                elif path.suffix in MAX_FILE_BYTES:
                    found.append((path, "is a folder; hand in a file of that name"))
                elif len(path.parts) < MAX_DEPTH:
                    waiting.append(path)
    return sorted(found)


def _as_text(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


class Spool(Mapping[str, bytes]):
    """Files of one submission by name, kept on disk beyond the first MiB, so that large ones need little memory."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=PART_BYTES)  # noqa: SIM115  it lives as long as this does
        weakref.finalize(self, self._file.close)
        self._contents: dict[str, Spooled] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """Add a file, part by part."""
        whole, offset = hashlib.sha256(), self._file.seek(0, os.SEEK_END)
        for part in parts:
            whole.update(part)
            self._file.write(part)
        self._contents[name] = Spooled(self, self._file, offset, self._file.tell() - offset, whole.hexdigest())

    def content(self, name: str) -> Spooled:
        """Return a file that is read part by part."""
        return self._contents[name]

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
    """A file in a spool, which it keeps open: its offset and size in bytes, and its SHA-256."""

    spool: Spool
    file: IO[bytes]
    offset: int
    size: int
    digest: str

    def __len__(self) -> int:
        return self.size

    def parts(self) -> Iterator[bytes]:
        """Yield its bytes, part by part."""
        for done in range(0, self.size, PART_BYTES):
            self.file.seek(self.offset + done)
            yield self.file.read(min(PART_BYTES, self.size - done))


def content_of(files: Mapping[str, bytes], name: str) -> bytes | Spooled:
    """Return a file's content, or its handle if it is in a spool."""
    return files.content(name) if isinstance(files, Spool) else files[name]


def digest_of(files: Mapping[str, bytes], name: str) -> str:
    """Return the SHA-256 of a file."""
    return files.content(name).digest if isinstance(files, Spool) else hashlib.sha256(files[name]).hexdigest()


class Wish(msgspec.Struct, frozen=True):
    """The files to take out of a student's folder or archive: the module and the notebook of each problem."""

    student: str
    listing: Listing
    problems: tuple[tuple[str, str], ...]


class Taken(msgspec.Struct, frozen=True):
    """A `Submission` without the contents of its files, which follow in the order of ``sizes``."""

    sizes: tuple[tuple[str, Annotated[int, msgspec.Meta(ge=0)]], ...]
    extra: tuple[str, ...]
    problems: dict[str, str]
    refused: str
    uses: dict[str, tuple[str, ...]]
    reasons: dict[str, str]


def read(files: Mapping[str, bytes], grader: Grader) -> Iterator[bytes]:
    """Take the files out of a submission, in a reader: yield `Taken`, then the contents, as the `wish` asks."""
    wish = msgspec.msgpack.decode(files["wish"], type=Wish)
    wanted = [name for pair in wish.problems for name in pair]

    def opened(number: int) -> IO[bytes]:
        said, fd = grader.ask(msgspec.msgpack.encode(number))
        if fd is None:
            raise NotOpenedError(said.decode())
        return os.fdopen(fd, "rb")

    found = read_submission(wish.listing, opened, wish.student, wanted)
    uses = {}
    for module, notebook in wish.problems:
        uses[module] = used_by_module(module, found.files)
        if notebook in found.files:
            uses[notebook] = used_by_notebook(module, found.files[notebook], found.files)
    sizes = tuple((name, len(content)) for name, content in found.files.items())
    taken = Taken(sizes, found.extra, dict(found.problems), found.refused, uses, dict(found.reasons))
    yield msgspec.msgpack.encode(taken)
    for content in found.files.values():
        yield from (content[done : done + PART_BYTES] for done in range(0, len(content), PART_BYTES))


def read_submission(listing: Listing, opened: Open, student: str, wanted: Collection[str]) -> Submission:
    """Read the submission in a folder or archive; if it can't be read, `refused` says why."""

    def read(paths: Mapping[tuple[str, ...], str]) -> dict[str, bytes]:
        found = entries_of(listing, opened, paths.__contains__) if paths else []
        return {paths[entry.parts]: entry.content for entry in found if entry.parts in paths and not entry.fault}

    def wants(parts: tuple[str, ...]) -> bool:
        return len(parts) <= MAX_DEPTH_TAKEN and (parts[-1] in wanted or is_module(parts[-1]))

    try:
        entries = entries_of(listing, opened, wants)
        submission = choose(student, entries, wanted)
        # Others are read in further passes, once it is known which are needed: there may be many.
        files = {**submission.files, **read(misnamed(entries, wanted))}
        attachments = read(companions(entries, files))
    except RefusedError as reason:
        return Submission(student, refused=str(reason), reasons={"": reason.reason})
    room = MAX_ATTACHMENTS_BYTES
    for name, content in attachments.items():
        room -= len(content)
        if room >= 0:
            files.setdefault(name, content)
    return replace(submission, files=files)
