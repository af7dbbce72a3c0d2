"""Find the submissions of a class, one folder or archive per student, and take from each the files by name.

What can't be taken ends as a sentence in that student's `Submission`; it never stops the others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.submissions.beside import MAX_BYTES
from autograder.submissions.choosing import (
    MAX_DEPTH_TAKEN,
    MAX_NAME_LENGTH,
    OTHER_ARCHIVES,
    Submission,
    choose,
    companions,
    is_module,
    misnamed,
)
from autograder.submissions.unpack import (
    ARCHIVES,
    MAX_FILE_BYTES,
    Identities,
    RefusedError,
    entries_of,
    litter,
    printable,
)

# What the grader writes beside the students' folders: a student of such a name would be in its way.
RESERVED = frozenset(("grades.csv", *(f"gradebook.sqlite{end}" for end in ("", "-wal", "-shm", "-journal"))))


class ClassError(Exception):
    """The folder of submissions can't be used at all; the message says why and what is expected."""


@dataclass(frozen=True)
class HandedIn:
    """A place where one student's work lies, not read yet.

    Attributes
    ----------
    student : str
        As of the `Submission` it becomes.
    path : Path
        The folder or archive.
    refused : str
        Why it can't be read, or "".
    """

    student: str
    path: Path
    refused: str = ""

    def read(self, wanted: Collection[str], private: Identities = ()) -> Submission:
        """The submission, with the files of these names that are none of the private ones."""
        if self.refused:
            return Submission(self.student, refused=self.refused)
        return read_submission(self.path, self.student, wanted, private)


def find_class(folder: Path) -> list[HandedIn]:
    """The submissions in `folder`, in the order of their names, none of them read yet.

    Parameters
    ----------
    folder : Path
        Holds one folder, ``.zip``, ``.tar.gz``, ``.tgz`` or ``.tar`` per student.

    Raises
    ------
    ClassError
        If the folder is missing, is not a folder, or holds no submission.
    """
    try:
        found = sorted((entry for entry in os.scandir(folder) if not litter(entry.name)), key=lambda entry: entry.name)
    except FileNotFoundError:
        raise ClassError(
            f"{folder} does not exist; name the folder that holds one folder or archive per student"
        ) from None
    except NotADirectoryError:
        raise ClassError(f"{folder} is a file; name the folder that holds one folder or archive per student") from None
    except OSError as error:
        raise ClassError(f"{folder} could not be read: {error.strerror}") from error
    handed_in = [entry for entry in found if is_submission(entry)]
    if not handed_in:
        seen = ", ".join(printable(entry.name) for entry in found[:3]) or "nothing"
        raise ClassError(f"{folder} holds {seen}; expected one folder, .zip or .tar.gz per student")

    named: dict[str, list[str]] = {}
    for entry in handed_in:
        named.setdefault(stem(entry), []).append(printable(entry.name))
    taken = set(RESERVED)
    submissions = []
    for entry in handed_in:
        name = stem(entry)
        student = unique(folder_name(name), taken)
        taken.add(student.casefold())
        same = " and ".join(named[name])
        refused = f"{same} are of one name; keep the one to be graded" if len(named[name]) > 1 else ""
        submissions.append(HandedIn(student, Path(entry.path), refused))
    return submissions


def loose_files(folder: Path) -> list[str]:
    """The names of modules and notebooks that lie in a class's folder itself, and so are nobody's."""
    with os.scandir(folder) as entries:
        return sorted(
            printable(entry.name)
            for entry in entries
            if entry.name.lower().endswith(tuple(MAX_FILE_BYTES)) and not litter(entry.name) and entry.is_file()
        )


def keep_apart(folder: Path, out: Path) -> None:
    """See to it that results don't go where the next run would take them for a submission, or into one.

    Raises
    ------
    ClassError
        If they would.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise ClassError(
            f"{out} is in the folder of submissions, where it would be taken for a student's; keep results elsewhere: "
            "--out FOLDER (make: OUT=FOLDER)"
        )


def read_class(folder: Path, wanted: Collection[str]) -> list[Submission]:
    """The submissions in `folder`, read: of a class of hundreds, better one by one, with `find_class`."""
    return [handed.read(wanted) for handed in find_class(folder)]


def read_submission(path: Path, student: str, wanted: Collection[str], private: Identities = ()) -> Submission:
    """What the folder or archive at `path` holds; if it can't be read, a submission that says so."""

    def wants(parts: tuple[str, ...]) -> bool:
        return len(parts) <= MAX_DEPTH_TAKEN and (parts[-1] in wanted or is_module(parts[-1]))

    def again(places: Mapping[tuple[str, ...], str]) -> dict[str, bytes]:
        found = entries_of(path, places.__contains__, private) if places else []
        return {places[entry.parts]: entry.content for entry in found if entry.parts in places and not entry.fault}

    try:
        entries = entries_of(path, wants, private)
        submission = choose(student, entries, wanted)
        # Read when it is known which are meant: much else may lie there.
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


def is_submission(entry: os.DirEntry[str]) -> bool:
    """Whether this is somebody's work, readable or not, and not a list or a note of the instructor's."""
    return entry.is_dir() or entry.name.lower().endswith(ARCHIVES + OTHER_ARCHIVES)


def stem(entry: os.DirEntry[str]) -> str:
    """The folder's name, or the archive's without its suffix."""
    if entry.is_dir():
        return entry.name
    suffix = next(s for s in ARCHIVES + OTHER_ARCHIVES if entry.name.lower().endswith(s))
    return entry.name[: -len(suffix)]


def folder_name(name: str) -> str:
    """A student's name made fit to be a folder's on every system: one line, no separator, no dot in front."""
    safe = re.sub(r'[<>:"/\\|?*]', "_", printable(name, "_")).strip().lstrip(".").rstrip(". ")
    return safe[:MAX_NAME_LENGTH] or "unnamed"


def unique(name: str, taken: Collection[str]) -> str:
    """The name, or else the name with the first number that nobody has; `taken` is in one case."""
    number, candidate = 1, name
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate
