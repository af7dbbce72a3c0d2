"""The files that go with a module or a notebook because it names them: helper modules, a picture, a table."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import PurePosixPath

# Most small files of one submission. A photograph of a page has a few MiB.
MAX_FILES = 20
MAX_FILE_BYTES = 8 << 20
MAX_BYTES = 16 << 20
# A small file lies beside the notebook, or in a folder beside it.
_MAX_PARTS = 2
_MAX_NAME_BYTES = 120
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
    """List the files for a notebook's run: its module, the modules that either names, and small files."""
    first = [name for name in files if name == module_file or _names_module(content, name)]
    taken = dict.fromkeys(used for name in first for used in used_by_module(name, files))
    small = named_in((content, *(files[name] for name in taken)), files)
    return tuple(dict.fromkeys((*taken, *small)))


def may_lie_beside(name: str) -> bool:
    """Tell whether a path, relative to the notebook's folder, may be a small file that goes with a notebook."""
    parts = name.split("/")
    return (
        len(parts) <= _MAX_PARTS
        and bool(PurePosixPath(name).suffix)
        and not name.lower().endswith(_OTHERS)
        and all(_is_plain(part) for part in parts)
    )


def named_in(texts: Collection[bytes], names: Iterable[str]) -> list[str]:
    """List the small files that texts name: literally, as JSON, or by a pattern."""
    possible = [name for name in names if may_lie_beside(name)][:_MAX_NAMES]
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
    stem = name.removesuffix(".py")
    return stem != name and stem.isidentifier() and stem.encode() in text


def _is_plain(part: str) -> bool:
    return (
        part.isprintable() and not part.startswith(".") and "\\" not in part and len(part.encode()) <= _MAX_NAME_BYTES
    )
