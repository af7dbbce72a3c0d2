"""Find the submissions of a class, one folder or archive per student, and take from each the files by name.

What can't be taken ends as a sentence in that student's `Submission`; it never stops the others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.submissions.beside import MAX_BYTES, MAX_FILES, named_in
from autograder.submissions.names import resembled
from autograder.submissions.unpack import (
    ARCHIVES,
    MAX_FILE_BYTES,
    Entry,
    Identities,
    RefusedError,
    entries_of,
    litter,
    printable,
)

# Files are taken at the top or one folder down; a deeper one is only named to whoever misses it.
MAX_DEPTH_TAKEN = 2
MAX_EXTRA_NAMES = 50
# Modules beside those asked for: each is searched for the names of the others.
MAX_MODULES = 200
MAX_MODULE_BYTES = 16 << 20
# Few enough characters for every file system, whatever their script.
MAX_NAME_LENGTH = 60
# What the grader writes beside the students' folders: a student of such a name would be in its way.
RESERVED = frozenset(("grades.csv", *(f"gradebook.sqlite{end}" for end in ("", "-wal", "-shm", "-journal"))))
OTHER_ARCHIVES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")


class ClassError(Exception):
    """The folder of submissions can't be used at all; the message says why and what is expected."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    student : str
        Name of the folder, or of the archive without its suffix; fit to be a folder's name, unique in its class.
    files : mapping
        Content of the wanted files, and of what is beside them: the other modules, and small files that notebooks name.
    extra : tuple of str
        Names of what was not asked for: the other modules too, which are taken along so that they can be imported.
    problems : mapping
        A sentence for each wanted file that is there but can't be taken as it is, by name. A notebook may be among the
        `files` all the same.
    refused : str
        Why nothing could be read, or "".
    """

    student: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""


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


def choose(student: str, entries: list[Entry], wanted: Collection[str]) -> Submission:
    """Sort what was found: the wanted files, the modules beside them, and the rest."""
    candidates: dict[str, list[Entry]] = {name: [] for name in wanted}
    others: list[Entry] = []
    for entry in entries:
        is_candidate = entry.name in candidates and len(entry.parts) <= MAX_DEPTH_TAKEN
        (candidates[entry.name] if is_candidate else others).append(entry)

    files: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    for name, found in candidates.items():
        if found and not any(entry.fault for entry in found) and len({entry.content for entry in found}) == 1:
            files[name] = found[0].content  # two copies of one file leave nothing to choose
        elif problem := why_not(name, found, others, wanted):
            problems[name] = problem

    homes = {entry.parts[:-1] for found in candidates.values() for entry in found}
    taken = {name.casefold() for name in files}
    for entry in others:
        # Names that differ in case only are one file on some disks: the first of them stays.
        beside = entry.parts[:-1] in homes and entry.name.casefold() not in taken
        if beside and is_module(entry.name) and not entry.fault:
            files[entry.name] = entry.content
            taken.add(entry.name.casefold())
    modules = [content for name, content in files.items() if is_module(name)]
    if len(modules) > MAX_MODULES or sum(map(len, modules)) > MAX_MODULE_BYTES:
        raise RefusedError(
            f"the submission holds more than {MAX_MODULES} modules, or {MAX_MODULE_BYTES >> 20} MiB of them; "
            "hand in only what was asked for"
        )
    return Submission(student, files, extra_names(others), problems)


def misnamed(entries: list[Entry], wanted: Collection[str]) -> dict[tuple[str, ...], str]:
    """The places of notebooks whose names are nearly right, where none is right and only one is near: which they are.

    Nothing imports a notebook, so it can be judged under another name.
    """
    there = {entry.name for entry in entries}
    near: dict[str, list[tuple[str, ...]]] = {}
    for entry in entries:
        if len(entry.parts) <= MAX_DEPTH_TAKEN and not entry.fault and (name := resembled(entry.name, wanted)):
            near.setdefault(name, []).append(entry.parts)
    return {
        places[0]: name
        for name, places in near.items()
        if name.endswith(".ipynb") and name not in there and len(places) == 1
    }


def companions(entries: list[Entry], files: Mapping[str, bytes]) -> dict[tuple[str, ...], str]:
    """The places of small files beside the notebooks that these, or the modules, name; and how these call them."""
    if not any(name.endswith(".ipynb") for name in files):
        return {}
    suffixes = tuple(MAX_FILE_BYTES)
    homes = sorted({entry.parts[:-1] for entry in entries if entry.name.endswith(suffixes)}, key=len)
    places = {
        "/".join(entry.parts[len(home) :]): entry.parts
        for home in reversed(homes)
        for entry in entries
        if entry.parts[: len(home)] == home and not entry.fault
    }
    return {places[name]: name for name in named_in(files.values(), places)[:MAX_FILES]}


def why_not(name: str, candidates: list[Entry], others: list[Entry], wanted: Collection[str]) -> str:
    """Why the wanted file `name` can't be taken, or "" if nothing like it was handed in."""
    if len(candidates) > 1:
        places = ", ".join(entry.path for entry in candidates)
        return f"{name} was handed in {len(candidates)} times ({places}); hand in one"
    if candidates:
        return f"{candidates[0].path} {candidates[0].fault}"
    if deeper := [entry.path for entry in others if entry.name == name]:
        return f"found {deeper[0]}; expected {name} at the top or in one folder; hand it in there"
    near = [entry for entry in others if len(entry.parts) <= MAX_DEPTH_TAKEN]
    if alike := [entry.path for entry in near if resembled(entry.name, wanted) == name]:
        return f"found {' and '.join(alike)}; expected {name}; {'rename it' if len(alike) == 1 else 'hand in one'}"
    if packed := [entry.path for entry in others if entry.name.lower().endswith(ARCHIVES + OTHER_ARCHIVES)]:
        return f"found {packed[0]}, which is not looked into; hand {name} in unpacked"
    return ""


def extra_names(entries: list[Entry]) -> tuple[str, ...]:
    """The names of files not asked for; what lies deep is named by its folder, and a long list is cut."""
    deep = {printable("/".join(entry.parts[:2])) + "/" for entry in entries if len(entry.parts) > MAX_DEPTH_TAKEN}
    names = sorted(deep | {entry.path for entry in entries if len(entry.parts) <= MAX_DEPTH_TAKEN})
    more = len(names) - MAX_EXTRA_NAMES
    return (*names[:MAX_EXTRA_NAMES], f"and {more} more") if more > 0 else tuple(names)


def is_module(name: str) -> bool:
    """Whether `import` can find a file of this name."""
    module, suffix = os.path.splitext(name)
    return suffix == ".py" and module.isidentifier() and len(name) <= MAX_NAME_LENGTH


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
