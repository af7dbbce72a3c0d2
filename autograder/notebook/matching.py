"""The given cells of a handed-in notebook, found again.

By id; where ids were lost, by what cells hold, in order; then anywhere, in another spelling, split, put together, and
last by resemblance. Each step looks only at what the steps before it have left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import islice

from autograder.notebook.document import FILL, Cell
from autograder.notebook.program import MOST_FILLED, defined, lines_of, lost, same, unsaid

# How many cells one may have been split into, or put together into one.
MOST_PARTS = 4
# The share of its lines that a changed cell has kept, to be taken for it without an id.
_ALIKE = 0.5
_ALIKE_LETTERS = 0.75
_FEW_LINES = 3
# Cells of a student's own that are looked at, where one of ours isn't found in any quicker way.
_MOST_CANDIDATES = 200


def found_again(ours: Sequence[Cell], theirs: Sequence[Cell]) -> dict[int, tuple[int, ...]]:
    """For the place of each of our cells, the places of the student's cells that stand for it.

    None where it is missing, several where it was split; two of ours have one where they were put together.
    """
    search = _Search(ours, theirs)
    return {n: search.found.get(n, ()) for n in range(len(ours))}


def intact(found: Cell, given: Cell) -> bool:
    """Whether a cell says what the given one says, as far as it must."""
    if found.kind != given.kind:
        return False
    if FILL in given.tags:
        return lost(found.source, given.source) is None
    if given.kind == "code":
        return same(found.source, given.source, "code")
    return unsaid(found.source, given.source, given.kind) is None


class _Search:
    """Our cells, from the surest sign to the weakest."""

    def __init__(self, ours: Sequence[Cell], theirs: Sequence[Cell]) -> None:
        self._ours, self._theirs = ours, theirs
        self._our_lines = [(cell.kind, lines_of(cell.source, cell.kind)) for cell in ours]
        self._their_lines = [(cell.kind, lines_of(cell.source, cell.kind)) for cell in theirs]
        self.found: dict[int, tuple[int, ...]] = {}
        self._taken: set[int] = set()
        self._by_id()
        self._in_order()
        self._anywhere()
        self._split()
        self._merged()
        self._merged_with_filled()
        self._resembling()

    def _take(self, n: int, *places: int) -> None:
        self.found[n] = places
        self._taken.update(places)

    def _left(self) -> list[int]:
        """Those of ours that weren't found yet."""
        return [n for n in range(len(self._ours)) if n not in self.found]

    def _free(self) -> list[int]:
        """Those of theirs that stand for none yet, and hold something."""
        free = (m for m in range(len(self._theirs)) if m not in self._taken and self._their_lines[m][1])
        return list(islice(free, _MOST_CANDIDATES))

    def _by_id(self) -> None:
        """One id is one cell; where an editor has given it to several, it is the one that says the same."""
        places: dict[str, list[int]] = {}
        for m, cell in enumerate(self._theirs):
            if cell.id:
                places.setdefault(cell.id, []).append(m)
        for n, cell in enumerate(self._ours):
            if candidates := places.get(cell.id, ()):
                self._take(
                    n, next((m for m in candidates if self._their_lines[m] == self._our_lines[n]), candidates[0])
                )

    def _in_order(self) -> None:
        """Without ids, equal cells stand for one another as far as they come in one order."""
        ours, theirs = self._left(), self._free()
        matcher = SequenceMatcher(
            None, [self._our_lines[n] for n in ours], [self._their_lines[m] for m in theirs], autojunk=False
        )
        for block in matcher.get_matching_blocks():
            for k in range(block.size):
                self._take(ours[block.a + k], theirs[block.b + k])

    def _anywhere(self) -> None:
        """Then wherever they are; and then those that are the same in another spelling, or filled."""
        for test in (self._equal, self._intact):
            for n in self._left():
                place = next((m for m in self._free() if test(n, m)), None)
                if place is not None:
                    self._take(n, place)

    def _equal(self, n: int, m: int) -> bool:
        return self._our_lines[n] == self._their_lines[m]

    def _intact(self, n: int, m: int) -> bool:
        # Of a gap alone nothing would be found again: everything is a filled one.
        least = 2 if FILL in self._ours[n].tags else 1
        return len(self._our_lines[n][1]) >= least and intact(self._theirs[m], self._ours[n])

    def _split(self) -> None:
        """A cell's lines in several cells that follow one another, the first of which may have kept its id."""
        for n, (kind, lines) in enumerate(self._our_lines):
            places = self.found.get(n, ())
            if places and self._their_lines[places[0]][1] == lines:
                continue
            for first in range(len(self._theirs)):
                run: list[str] = []
                for m in range(first, min(first + MOST_PARTS, len(self._theirs))):
                    their_kind, their_lines = self._their_lines[m]
                    too_long = len(run) + len(their_lines) > len(lines)
                    if their_kind != kind or too_long or (m in self._taken and m not in places):
                        break
                    run += their_lines
                    if m > first and tuple(run) == lines:
                        self._take(n, *range(first, m + 1))
                        break
                    if tuple(run) != lines[: len(run)]:
                        break

    def _merged(self) -> None:
        """Several cells' lines in one."""
        whole = {lines: m for m, lines in enumerate(self._their_lines)}
        for first, (kind, lines) in enumerate(self._our_lines):
            run = list(lines)
            for last in range(first + 1, min(first + MOST_PARTS, len(self._ours))):
                their_kind, more = self._our_lines[last]
                if their_kind != kind:
                    break
                run += more
                m = whole.get((kind, tuple(run)))
                owners = {n for n, places in self.found.items() if m in places}
                if m is not None and lines and owners <= set(range(first, last + 1)):
                    for n in range(first, last + 1):
                        self._take(n, m)

    def _merged_with_filled(self) -> None:
        """A cell's lines above or below those of its neighbour, which is filled."""
        for n in self._left():
            kind, lines = self._our_lines[n]
            for k, there in ((n - 1, slice(-len(lines), None)), (n + 1, slice(None, len(lines)))):
                places = self.found.get(k, ())
                if not lines or len(places) != 1 or FILL not in self._ours[k].tags:
                    continue
                their_kind, theirs = self._their_lines[places[0]]
                if their_kind == kind and len(theirs) > len(lines) and theirs[there] == lines:
                    self._take(n, *places)
                    break

    def _resembling(self) -> None:
        """What defines the same, has kept half of its lines or most of its letters, and stands where it should."""
        for n in self._left():
            lower = max((places[-1] for k, places in self.found.items() if k < n), default=-1)
            upper = min((places[0] for k, places in self.found.items() if k > n), default=len(self._theirs))
            names = defined(self._ours[n].source) if self._ours[n].kind == "code" else frozenset()
            scored = [(self._likeness(n, m, names), -m) for m in self._free() if lower < m < upper]
            if scored and max(scored)[0] > 0:
                self._take(n, -max(scored)[1])

    def _likeness(self, n: int, m: int, names: frozenset[str]) -> float:
        (kind, ours), (their_kind, theirs) = self._our_lines[n], self._their_lines[m]
        if kind != their_kind:
            return 0.0
        source = self._theirs[m].source
        if names and len(source) <= MOST_FILLED and names <= defined(source):
            return 1.0
        common = sum((Counter(ours) & Counter(theirs)).values())
        if len(ours) <= _FEW_LINES and len(theirs) <= _FEW_LINES and common < len(ours):
            ratio = SequenceMatcher(None, "\n".join(ours)[:400], "\n".join(theirs)[:400], autojunk=False).ratio()
            return ratio if ratio >= _ALIKE_LETTERS else 0.0
        return share if (share := common / max(len(ours), 1)) >= _ALIKE else 0.0
