"""What a file's name resembles: haste, browsers, editors and course sites make names that are nearly right.

A module of a name that is nearly right is not taken for the right one: notebooks and modules import by name. It is for
saying which file was meant; and for judging a notebook, which nothing imports, under the name it has.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import takewhile
from pathlib import PurePath

# The suffix that counts, and behind it only what programs put there: `x.py.txt`, `x.ipynb.json`, `x.py (1)`, `x.py~`.
_NAME = re.compile(r"(.+?)(\.py|\.ipynb)(?:\.(?:txt|json|py|ipynb|bak|orig)|[\d\W_])*\Z", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+|\d+")
# In a shorter name one letter makes another word.
_LETTERS = 6
# As long as a disk lets a file's name be; an archive's may be longer, and takes long to be looked through.
_MOST_CHARACTERS = 255


def resembled(name: str, wanted: Collection[str]) -> str | None:
    """The wanted name that a file's name resembles, which is none of them itself; None if there is none, or no one.

    It does if its words hold the wanted one's (``soft-margin-svm.py``, ``SoftMarginSVM.py``, ``Copy of line.ipynb``,
    ``line (1).py``, ``line_final.py``, ``line.py.txt``), or if one letter is wrong, missing, too many or swapped.
    """
    if (
        name in wanted
        or len(name) > _MOST_CHARACTERS
        or (parts := _NAME.match(unicodedata.normalize("NFKC", name))) is None
    ):
        return None
    words = _words(parts[1])
    best: list[str] = []
    for candidate in wanted:
        path = PurePath(candidate)
        if path.suffix == parts[2].lower() and _alike(words, "".join(_words(path.stem))):
            best.append(candidate)
    # `soft_margin_svm_2.py` holds the words of an `svm.py`, too; as a rule it is the longer that is meant.
    longest = max(map(len, best), default=0)
    best = [candidate for candidate in best if len(candidate) == longest]
    return best[0] if len(best) == 1 else None


def _words(stem: str) -> list[str]:
    return _WORD.findall(stem.casefold())


def _alike(words: list[str], wanted: str) -> bool:
    return wanted in _runs(words) or (len(wanted) >= _LETTERS and _slipped("".join(words), wanted))


def _runs(words: list[str]) -> Iterator[str]:
    """Words that stand side by side, as one."""
    for first in range(len(words)):
        for last in range(first, len(words)):
            yield "".join(words[first : last + 1])


def _slipped(one: str, other: str) -> bool:
    """Whether one letter makes the difference."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    mine, theirs = one[same:], other[same:]
    swapped = mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:]
    return swapped or mine[1:] == theirs or mine == theirs[1:] or mine[1:] == theirs[1:]
