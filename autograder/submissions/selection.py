"""The selection of a submission's files: those that are taken, and the sentences of the report about the others.

Files that a taken one names go with it: helper modules and, with a notebook, *attachments* such as a picture. A module
of a similar name is not taken for the right one, since notebooks and modules import by name; the report says which was
meant. A notebook is graded under a similar name, too, since nothing imports it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import PurePath

from autograder.codes import Code
from autograder.submissions.unpack import ARCHIVES, MAX_FILE_BYTES, Entry, RefusedError, printable

# Files are taken at the top or one folder down; a deeper one is only named, if the wanted file is missing.
MAX_DEPTH_TAKEN = 2
MAX_EXTRA_NAMES = 50
# Most files that one sentence names.
MAX_NAMED = 5
# Most modules beside the wanted ones: each is searched for the names of the others.
MAX_MODULES = 200
MAX_MODULE_BYTES = 4 << 20
MAX_MODULE_NAME = 60
# Most other files of one submission, and their bytes together.
MAX_ATTACHMENTS = 20
MAX_ATTACHMENTS_BYTES = 16 << 20
OTHER_ARCHIVES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst")

# The suffix that counts, and behind it only what programs add: `x.py.txt`, `x.ipynb.json`, `x.py (1)`, `x.py~`.
_NAME = re.compile(r"(.+?)(\.py|\.ipynb)(?:\.(?:txt|json|py|ipynb|bak|orig)|[\d\W_])*\Z", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+|\d+")
# The longest name on a disk; longer ones in archives would take too long to compare.
_MAX_CHARACTERS = 255
# Between names of nine letters or more that differ in one (`difflib.SequenceMatcher.ratio`).
_LIKENESS = 0.88
# An attachment lies beside the notebook, or in a folder beside it.
_MAX_PARTS = 2
_MAX_NAME_BYTES = 240
# Bounds without which a hostile submission would take hours. Embedded pictures are not searched.
_MAX_NAMES = 500
_MAX_SEARCHED_BYTES = 16 << 20
_MAX_PATTERNS = 100
# A pattern of names with a suffix: `*.png`, `img/scan_*.jpg`. Both expressions begin at the start of a run of such
# letters and nowhere in it, so that each run is searched once.
_PATTERN = re.compile(rb"(?<![\w*?.-])[\w?.-]{0,100}+\*[\w*?.-]{0,100}\.[A-Za-z]\w{0,7}\b")
_PICTURE = re.compile(rb"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{1000,}+")
# Modules and notebooks are taken by other rules; answers.bin is handed out.
_OTHERS = (".py", ".pyc", ".pyd", ".so", ".ipynb", "answers.bin")


@dataclass(frozen=True)
class Submission:
    """One student's submission.

    Attributes
    ----------
    student : str
        Name of the folder, or of the archive without its suffix; printable, and unique in its class.
    files : mapping
        Content by name: the wanted files, the modules beside them, and attachments.
    extra : tuple of str
        Names of files that were not wanted, including those modules.
    problems : mapping
        A sentence for each wanted file that can't be taken unchanged, by name. A notebook may still be in `files`.
    refused : str
        The reason why nothing could be read, or "".
    uses : mapping of str to tuple of str
        The names of the files that go with a module or a notebook, by its name.
    reasons : mapping
        A name for what keeps a file from being taken, by the file's name; by "" for all files.
    unread : tuple of (int, str)
        The fault of this machine, with its code, that kept everything from being read; empty if there is none.
    """

    student: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[tuple[Code, str], ...] = ()


def choose(student: str, entries: list[Entry], wanted: Collection[str]) -> Submission:
    """Take the wanted files and the modules beside them.

    Raises
    ------
    RefusedError
        If there are more modules than a student's work can have.
    """
    candidates: dict[str, list[Entry]] = {name: [] for name in wanted}
    others: list[Entry] = []
    for entry in entries:
        is_candidate = entry.name in candidates and len(entry.parts) <= MAX_DEPTH_TAKEN
        (candidates[entry.name] if is_candidate else others).append(entry)

    files: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    for name, found in candidates.items():
        if found and not any(entry.fault for entry in found) and len({entry.content for entry in found}) == 1:
            files[name] = found[0].content  # of two equal copies either will do
        elif problem := _problem(name, found, others, wanted):
            problems[name] = problem

    folders = {entry.parts[:-1] for found in candidates.values() for entry in found}
    for entry in others:
        if entry.parts[:-1] in folders and is_module(entry.name) and not entry.fault:
            files.setdefault(entry.name, entry.content)
    modules = [content for name, content in files.items() if is_module(name)]
    if len(modules) > MAX_MODULES or sum(map(len, modules)) > MAX_MODULE_BYTES:
        raise RefusedError(
            f"the submission holds more than {MAX_MODULES} modules, or {MAX_MODULE_BYTES >> 20} MiB of them; "
            "hand in only what was asked for"
        )
    reasons = {name: "unreadable" if any(one.fault for one in candidates[name]) else "misnamed" for name in problems}
    return Submission(student, files, _extra(others), problems, reasons=reasons)


def misnamed(entries: list[Entry], wanted: Collection[str]) -> dict[tuple[str, ...], str]:
    """Map the paths of notebooks with similar names to the right name, if no other file has or resembles it."""
    there = {entry.name for entry in entries}
    near: dict[str, list[tuple[str, ...]]] = {}
    for entry in entries:
        if len(entry.parts) <= MAX_DEPTH_TAKEN and not entry.fault and (name := resembled(entry.name, wanted)):
            near.setdefault(name, []).append(entry.parts)
    return {
        paths[0]: name
        for name, paths in near.items()
        if name.endswith(".ipynb") and name not in there and len(paths) == 1
    }


def companions(entries: list[Entry], files: Mapping[str, bytes]) -> dict[tuple[str, ...], str]:
    """Map the paths of attachments, which notebooks or modules name, to the name used there."""
    if not any(name.endswith(".ipynb") for name in files):
        return {}
    suffixes = tuple(MAX_FILE_BYTES)
    folders = sorted({entry.parts[:-1] for entry in entries if entry.name.endswith(suffixes)}, key=len)
    paths = {
        # In both forms of its name: the text of a notebook from macOS has the decomposed one.
        unicodedata.normalize(form, "/".join(entry.parts[len(folder) :])): entry.parts
        for folder in reversed(folders)
        for entry in entries
        if entry.parts[: len(folder)] == folder and not entry.fault
        for form in ("NFC", "NFD")
    }
    return {paths[name]: name for name in named_in(files.values(), paths)[:MAX_ATTACHMENTS]}


def is_module(name: str) -> bool:
    """Tell whether `import` can find a file of this name."""
    module = name.removesuffix(".py")
    return module != name and module.isidentifier() and len(name) <= MAX_MODULE_NAME


def resembled(name: str, wanted: Collection[str]) -> str | None:
    """Find the one wanted name that a file's name resembles; None if there is none, or it is a wanted name itself.

    It resembles a name whose words it holds (``soft-margin-svm.py``, ``SoftMarginSVM.py``, ``Copy of line.ipynb``,
    ``line (1).py``, ``line_final.py``, ``line.py.txt``), or that has one letter wrong, missing, added or swapped.
    """
    if name in wanted or len(name) > _MAX_CHARACTERS:
        return None
    parts = _NAME.match(unicodedata.normalize("NFKC", name))
    if parts is None:
        return None
    words, suffix = _WORD.findall(parts[1].casefold()), parts[2].lower()
    stems = {one: re.sub(r"[\W_]", "", PurePath(one).stem.casefold()) for one in wanted if one.endswith(suffix)}
    runs = {"".join(words[first:last]) for last in range(1, len(words) + 1) for first in range(last)}
    close = get_close_matches("".join(words), stems.values(), cutoff=_LIKENESS)
    best = [one for one, stem in stems.items() if stem in runs or stem in close]
    # `soft_margin_svm_2.py` holds the words of an `svm.py`, too; usually the longer name is meant.
    longest = max(map(len, best), default=0)
    best = [one for one in best if len(one) == longest]
    return best[0] if len(best) == 1 else None


def used_by_module(module_file: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """List the module of that name and its helpers: modules that its text, or another helper's, names."""
    taken = {module_file: files[module_file]} if module_file in files else {}
    waiting = list(taken.values())
    while waiting:
        text = waiting.pop()
        for name in files:
            if name not in taken and _names_module(text, name):
                taken[name] = files[name]
                waiting.append(files[name])
    return tuple(taken)


def used_by_notebook(module_file: str, content: bytes, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """List the files for a notebook's run: its module, the modules that either names, and attachments."""
    first = [name for name in files if name == module_file or _names_module(content, name)]
    taken = dict.fromkeys(used for name in first for used in used_by_module(name, files))
    return tuple(dict.fromkeys((*taken, *named_in((content, *(files[name] for name in taken)), files))))


def may_be_attached(name: str) -> bool:
    """Tell whether a path, relative to the notebook's folder, may be an attachment's."""
    parts = name.split("/")
    return (
        len(parts) <= _MAX_PARTS
        and name.isprintable()
        and "\\" not in name
        and len(name.encode()) <= _MAX_NAME_BYTES
        and all(part and part[0] != "." for part in parts)
        and bool(PurePath(name).suffix)
        and not name.lower().endswith(_OTHERS)
    )


def named_in(texts: Collection[bytes], names: Iterable[str]) -> list[str]:
    """List the attachments that texts name: literally, as JSON, or by a pattern."""
    possible = [name for name in names if may_be_attached(name)][:_MAX_NAMES]
    if not possible:
        return []
    searched = b"\n".join(_PICTURE.sub(b"", text) for text in texts)[:_MAX_SEARCHED_BYTES]
    patterns = {match[0].decode("utf-8", "replace") for match in islice(_PATTERN.finditer(searched), _MAX_PATTERNS)}
    found = []
    for name in possible:
        stem = name.rpartition("/")[2]
        named = stem.encode() in searched or json.dumps(stem)[1:-1].encode() in searched
        if named or any(fnmatchcase(stem, pattern) for pattern in patterns):
            found.append(name)
    return found


def _names_module(text: bytes, name: str) -> bool:
    return is_module(name) and name.removesuffix(".py").encode() in text


def _problem(name: str, candidates: list[Entry], others: list[Entry], wanted: Collection[str]) -> str:
    if len(candidates) > 1:
        return f"{name} was handed in {len(candidates)} times ({_paths(candidates, ', ')}); hand in one"
    if candidates:
        return f"{candidates[0].path} {candidates[0].fault}"
    if deeper := [entry.path for entry in others if entry.name == name]:
        return f"found {deeper[0]}; expected {name} at the top or in one folder; hand it in there"
    near = [entry for entry in others if len(entry.parts) <= MAX_DEPTH_TAKEN]
    if alike := [entry for entry in near if resembled(entry.name, wanted) == name]:
        return f"found {_paths(alike, ' and ')}; expected {name}; {'rename it' if len(alike) == 1 else 'hand in one'}"
    if packed := [entry.path for entry in others if entry.name.lower().endswith(ARCHIVES + OTHER_ARCHIVES)]:
        return f"found {packed[0]}, which is not looked into; hand {name} in unpacked"
    return ""


def _paths(entries: list[Entry], joint: str) -> str:
    more = len(entries) - MAX_NAMED
    return joint.join(entry.path for entry in entries[:MAX_NAMED]) + f" and {more} more" * (more > 0)


def _extra(entries: list[Entry]) -> tuple[str, ...]:
    deep = {printable("/".join(entry.parts[:2])) + "/" for entry in entries if len(entry.parts) > MAX_DEPTH_TAKEN}
    names = sorted(deep | {entry.path for entry in entries if len(entry.parts) <= MAX_DEPTH_TAKEN})
    more = len(names) - MAX_EXTRA_NAMES
    return (*names[:MAX_EXTRA_NAMES], f"and {more} more") if more > 0 else tuple(names)
