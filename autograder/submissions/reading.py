"""Reading of a class: finding its submissions, one folder or archive per student, and taking files from each.

A file that can't be taken becomes a sentence in that student's `Submission`; it never stops the others. ``read`` runs
in a reader (:mod:`autograder.worker.reader`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Annotated

import msgspec

from autograder import Error
from autograder.submissions.attachments import MAX_BYTES, used_by_module, used_by_notebook
from autograder.submissions.selection import (
    MAX_DEPTH_TAKEN,
    OTHER_ARCHIVES,
    Submission,
    choose,
    companions,
    is_module,
    misnamed,
)
from autograder.submissions.storage import PART_BYTES
from autograder.submissions.unpack import (
    ARCHIVES,
    MAX_FILE_BYTES,
    Listing,
    NotOpenedError,
    Open,
    RefusedError,
    composed,
    entries_of,
    litter,
    printable,
)
from autograder.worker.reader import Grader

_PACKED = ARCHIVES + OTHER_ARCHIVES


class ClassError(Error):
    """The folder of submissions can't be used; the message gives the reason, and the expected layout."""


@dataclass(frozen=True)
class HandedIn:
    """A student's submission, not read yet; ``refused`` is the reason why it can't be read, or ""."""

    student: str
    path: Path
    refused: str = ""


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
    yield msgspec.msgpack.encode(Taken(sizes, found.extra, dict(found.problems), found.refused, uses))
    for content in found.files.values():
        for done in range(0, len(content), PART_BYTES):
            yield content[done : done + PART_BYTES]


def find_class(folder: Path) -> list[HandedIn]:
    """List the submissions in a folder, one folder or archive per student, in the order of their names.

    Raises
    ------
    ClassError
        If the folder is missing, is not a folder, or holds no submission.
    """
    step = "name the folder that holds one folder or archive per student"
    try:
        found = sorted((entry for entry in os.scandir(folder) if not litter(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        raise ClassError(f"{folder} can't be read: {error.strerror}; {step}") from None
    handed_in = [entry for entry in found if _is_folder(entry) or entry.name.lower().endswith(_PACKED)]
    if not handed_in:
        seen = ", ".join(printable(entry.name) for entry in found[:3]) or "nothing"
        raise ClassError(f"{folder} holds {seen}; expected one folder, .zip or .tar.gz per student")

    named: dict[str, list[os.DirEntry[str]]] = {}
    for entry in handed_in:
        named.setdefault(stem(entry), []).append(entry)
    return [
        HandedIn(student_name(name), Path(entries[0].path), _several(entries) if entries[1:] else "")
        for name, entries in named.items()
    ]


def loose_files(folder: Path) -> list[str]:
    """List the modules and notebooks that lie in a class's folder itself, in no student's."""
    with os.scandir(folder) as entries:
        return sorted(
            printable(entry.name)
            for entry in entries
            if entry.name.lower().endswith(tuple(MAX_FILE_BYTES)) and not litter(entry.name) and not _is_folder(entry)
        )


def keep_apart(folder: Path, out: Path) -> None:
    """Raise ClassError for results in the folder of submissions: the next run would take them for a submission."""
    if out.resolve().is_relative_to(folder.resolve()):
        raise ClassError(
            f"{out} is in the folder of submissions, where it would be taken for a student's; keep results elsewhere: "
            "--out FOLDER (make: OUT=FOLDER)"
        )


def read_submission(listing: Listing, opened: Open, student: str, wanted: Collection[str]) -> Submission:
    """Read the submission in a folder or archive; if it can't be read, `refused` says why."""
    wants = partial(_wants, wanted)

    def again(paths: Mapping[tuple[str, ...], str]) -> dict[str, bytes]:
        found = entries_of(listing, opened, paths.__contains__) if paths else []
        return {paths[entry.parts]: entry.content for entry in found if entry.parts in paths and not entry.fault}

    try:
        entries = entries_of(listing, opened, wants)
        submission = choose(student, entries, wanted)
        # Notebooks are read in a second pass, once the needed ones are known: there may be many others.
        notebooks = again(misnamed(entries, wanted))
        files = {**submission.files, **notebooks}
        beside = again(companions(entries, files))
    except RefusedError as reason:
        return Submission(student, refused=str(reason))
    room = MAX_BYTES
    for name, content in beside.items():
        room -= len(content)
        if room >= 0:
            files.setdefault(name, content)
    return replace(submission, files=files)


def _wants(wanted: Collection[str], parts: tuple[str, ...]) -> bool:
    return len(parts) <= MAX_DEPTH_TAKEN and (parts[-1] in wanted or is_module(parts[-1]))


def _is_folder(entry: os.DirEntry[str] | Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def stem(entry: os.DirEntry[str] | Path) -> str:
    """Return the folder's name, or the archive's without its suffix."""
    name = composed(entry.name)
    suffix = "" if _is_folder(entry) else next((one for one in _PACKED if name.lower().endswith(one)), "")
    return name[: len(name) - len(suffix)]


def _several(entries: Sequence[os.DirEntry[str]]) -> str:
    names = " and ".join(printable(entry.name) for entry in entries)
    return f"{names} are of one name; keep the one to be graded"


def student_name(name: str) -> str:
    """Return a student's name in full; if it can't be shown, its printable part and a digest."""
    seen = printable(name, "_")
    if name and seen == name:
        return name
    return f"{seen or 'unnamed'}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"
