"""The small files that lie beside a notebook and that it names: a sketch that it shows, a table that it reads.

They are handed in with it, and are there when it is run once more; but for what the run itself is to make or is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import PurePosixPath

# Of one submission. A photograph of a page has a few MiB.
MAX_FILES = 20
MAX_FILE_BYTES = 8 << 20
MAX_BYTES = 16 << 20
# Beside it, or in a folder beside it.
_MAX_PARTS = 2
_MAX_NAME_BYTES = 120
# How many names are looked for in how much text, pictures left aside: all of a hostile submission would take hours.
_MOST_NAMES = 500
_MOST_BYTES = 16 << 20
# A pattern of names with an ending: `*.png`, `img/scan_*.jpg`.
# Like the next one, it begins where a run of such letters does and nowhere in it, or each would be gone through again.
_PATTERN = re.compile(rb"(?<![\w*?.-])[\w?.-]{0,100}+\*[\w*?.-]{0,100}\.[A-Za-z]\w{0,7}\b")
_MOST_PATTERNS = 100
_PICTURE = re.compile(rb"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{1000,}+")
# Modules and notebooks are taken by other rules; answers are nobody's to hand in.
_OTHERS = (".py", ".pyc", ".pyd", ".so", ".ipynb", "answers.bin")


def may_lie_beside(name: str) -> bool:
    """Whether a file at this place, as seen from the notebook's folder, can be taken along."""
    parts = name.split("/")
    return (
        len(parts) <= _MAX_PARTS
        and bool(PurePosixPath(name).suffix)
        and not name.lower().endswith(_OTHERS)
        and all(_is_plain(part) for part in parts)
    )


def named_in(texts: Collection[bytes], names: Iterable[str]) -> list[str]:
    """The files among these that can be taken along and are named in a text: as they are, as JSON, or by a pattern."""
    possible = [name for name in names if may_lie_beside(name)][:_MOST_NAMES]
    if not possible:
        return []
    searched = b"\n".join(_PICTURE.sub(b"", text) for text in texts)[:_MOST_BYTES]
    patterns = {match[0].decode("utf-8", "replace") for match in islice(_PATTERN.finditer(searched), _MOST_PATTERNS)}
    found = []
    for name in possible:
        stem = name.rpartition("/")[2]
        named = stem.encode() in searched or json.dumps(stem)[1:-1].encode() in searched
        if named or any(fnmatchcase(stem, pattern) for pattern in patterns):
            found.append(name)
    return found


def _is_plain(part: str) -> bool:
    """Whether every system can have a file of this name, and nobody hides it."""
    return (
        part.isprintable() and not part.startswith(".") and "\\" not in part and len(part.encode()) <= _MAX_NAME_BYTES
    )
