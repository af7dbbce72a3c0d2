"""Which of the files that were found are taken, and what is said of the others."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from autograder.codes import Code
from autograder.submissions.attachments import MAX_FILES, named_in
from autograder.submissions.names import resembled
from autograder.submissions.unpack import ARCHIVES, MAX_FILE_BYTES, Entry, RefusedError, printable

# Files are taken at the top or one folder down; a deeper one is only named to whoever misses it.
MAX_DEPTH_TAKEN = 2
MAX_EXTRA_NAMES = 50
# Of one name, that a sentence names.
MAX_NAMED = 5
# Modules beside those asked for: each is searched for the names of the others.
MAX_MODULES = 200
MAX_MODULE_BYTES = 4 << 20
# Few enough characters for every file system, whatever their script.
MAX_NAME_LENGTH = 60
OTHER_ARCHIVES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    student : str
        Name of the folder, or of the archive without its suffix; fit to be shown, unique in its class.
    files : mapping
        Content of the wanted files, and of what is beside them: the other modules, and small files that notebooks name.
    extra : tuple of str
        Names of what was not asked for: the other modules too, which are taken along so that they can be imported.
    problems : mapping
        A sentence for each wanted file that is there but can't be taken as it is, by name. A notebook may be among the
        `files` all the same.
    refused : str
        Why nothing could be read, or "".
    uses : mapping of str to tuple of str
        For a module or a notebook, the names of the files that go with it.
    unread : tuple of (int, str)
        Why nothing could be read that is not the student's fault, with its code; empty if it could.
    """

    student: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[tuple[Code, str], ...] = ()


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
        # By either form of its name: a notebook from macOS has the one in its text that its file had there.
        unicodedata.normalize(form, "/".join(entry.parts[len(home) :])): entry.parts
        for home in reversed(homes)
        for entry in entries
        if entry.parts[: len(home)] == home and not entry.fault
        for form in ("NFC", "NFD")
    }
    return {places[name]: name for name in named_in(files.values(), places)[:MAX_FILES]}


def why_not(name: str, candidates: list[Entry], others: list[Entry], wanted: Collection[str]) -> str:
    """Why the wanted file `name` can't be taken, or "" if nothing like it was handed in."""
    if len(candidates) > 1:
        places = _some(candidates, ", ")
        return f"{name} was handed in {len(candidates)} times ({places}); hand in one"
    if candidates:
        return f"{candidates[0].path} {candidates[0].fault}"
    if deeper := [entry.path for entry in others if entry.name == name]:
        return f"found {deeper[0]}; expected {name} at the top or in one folder; hand it in there"
    near = [entry for entry in others if len(entry.parts) <= MAX_DEPTH_TAKEN]
    if alike := [entry for entry in near if resembled(entry.name, wanted) == name]:
        return f"found {_some(alike, ' and ')}; expected {name}; {'rename it' if len(alike) == 1 else 'hand in one'}"
    if packed := [entry.path for entry in others if entry.name.lower().endswith(ARCHIVES + OTHER_ARCHIVES)]:
        return f"found {packed[0]}, which is not looked into; hand {name} in unpacked"
    return ""


def _some(entries: list[Entry], joint: str) -> str:
    """Where files are; of many, the first few and how many more."""
    more = len(entries) - MAX_NAMED
    return joint.join(entry.path for entry in entries[:MAX_NAMED]) + f" and {more} more" * (more > 0)


def extra_names(entries: list[Entry]) -> tuple[str, ...]:
    """The names of files not asked for; what lies deep is named by its folder, and a long list is cut."""
    deep = {printable("/".join(entry.parts[:2])) + "/" for entry in entries if len(entry.parts) > MAX_DEPTH_TAKEN}
    names = sorted(deep | {entry.path for entry in entries if len(entry.parts) <= MAX_DEPTH_TAKEN})
    more = len(names) - MAX_EXTRA_NAMES
    return (*names[:MAX_EXTRA_NAMES], f"and {more} more") if more > 0 else tuple(names)


def is_module(name: str) -> bool:
    """Whether `import` can find a file of this name."""
    module = name.removesuffix(".py")
    return module != name and module.isidentifier() and len(name) <= MAX_NAME_LENGTH
