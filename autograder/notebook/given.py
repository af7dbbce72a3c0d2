"""Which cells of a handed-in notebook are ours, and the notebook as it should be.

A released notebook's cells are *given*. Those with the tag ``fill`` are to be filled: what they say must stay, and more
comes in. A text may be added to. All others must say what they said. Whatever else is in a handed-in notebook has been
*added*, and is free.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from autograder import codes
from autograder.compare import Finding
from autograder.notebook.document import Cell, Notebook, quoted, where_they_part
from autograder.notebook.program import filled, kept, lines_around, lines_of, same

# Tags of the released notebook's cells. A student's own tags mean nothing.
FILL = "fill"
# What it shows is about the machine, and is not compared.
ENVIRONMENT = "environment"

# With fewer of the given cells, it is another notebook, or one of another year.
LEAST_SHARE = 0.5
# How many cells one may have been split into, or put together into one.
MOST_PARTS = 4
# The share of its lines that a changed cell has kept, to be taken for it without an id.
_ALIKE = 0.5
_ALIKE_LETTERS = 0.75
_FEW_LINES = 3
# Cells of a student's own that are looked at, where one of ours isn't found in any quicker way.
_MOST_CANDIDATES = 200


@dataclass(frozen=True)
class Step:
    """One cell of the notebook as it should be: what is executed, and what was saved of it.

    Attributes
    ----------
    source : str
    kind : str
        ``code``, ``markdown`` or ``raw``.
    given : Cell or None
        The released cell; None for one that the student has added.
    saved : Cell or None
        The student's cell that stands for it; None where a given cell is missing.
    replaced : bool
        Ours stands in the place of a cell that was changed or is missing: what was saved was not shown by this source.
    """

    source: str
    kind: str
    given: Cell | None
    saved: Cell | None
    replaced: bool = False

    @property
    def place(self) -> str:
        """Where a student finds it."""
        if self.saved is not None:
            return self.saved.place
        return f"the given cell {self.given.looks}" if self.given else "a cell"

    @property
    def where(self) -> str:
        """The same, short, and unique in its notebook."""
        return self.saved.where if self.saved else f"given {self.given.where}" if self.given else ""


@dataclass(frozen=True)
class Arrangement:
    """A handed-in notebook beside the released one.

    Attributes
    ----------
    steps : tuple of Step
        The notebook as it should be.
    findings : tuple of Finding
        Given cells that are missing, changed or elsewhere; none if it is the notebook.
    recognised : bool
        Most of the given cells are there. Otherwise nothing of what was handed in is worth judging any further: it
        would be our own cells that ran.
    """

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    recognised: bool = True

    @property
    def code(self) -> tuple[tuple[int, Step], ...]:
        """The steps that are executed, with their places in `steps`: code that isn't empty."""
        return tuple((n, step) for n, step in enumerate(self.steps) if step.kind == "code" and step.source.strip())


def arrange(handed_in: Notebook, released: Notebook) -> Arrangement:
    """Find the given cells again, name what is wrong with them, and put the notebook as it should be together."""
    ours, theirs = released.cells, handed_in.cells
    parts = _Search(ours, theirs).parts
    there = sum(1 for cells in parts.values() if cells)
    recognised = there >= LEAST_SHARE * len(ours)
    straight = _straight([cells[0] for cells in parts.values() if cells])
    steps = _steps(ours, theirs, parts, straight)
    if not recognised:
        what = f"{there} of the {len(ours)} given cells are in it" if there else "none of the given cells is in it"
        message = f"{what}: it is another notebook, or an old one; put your cells into the released one and run it"
        return Arrangement(steps, (Finding(codes.STRUCTURE, "the given cells", message),), recognised=False)
    return Arrangement(steps, tuple(_findings(ours, theirs, parts, straight)))


class _Search:
    """The given cells found again: for each of ours the places of the student's cells that stand for it.

    None where it is missing, several where it was split; two of ours have one where they were put together.
    """

    def __init__(self, ours: Sequence[Cell], theirs: Sequence[Cell]) -> None:
        self._ours, self._theirs = ours, theirs
        self._our_lines = [(cell.kind, lines_of(cell.source, cell.kind)) for cell in ours]
        self._their_lines = [(cell.kind, lines_of(cell.source, cell.kind)) for cell in theirs]
        self._found: dict[int, tuple[int, ...]] = {}
        self._taken: set[int] = set()
        self._by_id()
        self._in_order()
        self._anywhere()
        self._split()
        self._merged()
        self._resembling()
        self.parts = {n: self._found.get(n, ()) for n in range(len(ours))}

    def _take(self, n: int, *places: int) -> None:
        self._found[n] = places
        self._taken.update(places)

    def _left(self) -> list[int]:
        """Those of ours that weren't found yet."""
        return [n for n in range(len(self._ours)) if n not in self._found]

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
        return len(self._our_lines[n][1]) >= least and _intact(self._theirs[m], self._ours[n])

    def _split(self) -> None:
        """A cell's lines in several cells that follow one another, the first of which may have kept its id."""
        for n, (kind, lines) in enumerate(self._our_lines):
            places = self._found.get(n, ())
            if places and self._their_lines[places[0]][1] == lines:
                continue
            for first in range(len(self._theirs)):
                run: list[str] = []
                for m in range(first, min(first + MOST_PARTS, len(self._theirs))):
                    their_kind, their_lines = self._their_lines[m]
                    if their_kind != kind or (m in self._taken and m not in places):
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
                owners = {n for n, places in self._found.items() if m in places}
                if m is not None and lines and owners <= set(range(first, last + 1)):
                    for n in range(first, last + 1):
                        self._take(n, m)

    def _resembling(self) -> None:
        """What has kept half of its lines, or most of its letters, and stands where it should, is a changed one."""
        for n in self._left():
            lower = max((places[-1] for k, places in self._found.items() if k < n), default=-1)
            upper = min((places[0] for k, places in self._found.items() if k > n), default=len(self._theirs))
            scored = [(self._likeness(n, m), -m) for m in self._free() if lower < m < upper]
            if scored and max(scored)[0] > 0:
                self._take(n, -max(scored)[1])

    def _likeness(self, n: int, m: int) -> float:
        (kind, ours), (their_kind, theirs) = self._our_lines[n], self._their_lines[m]
        if kind != their_kind:
            return 0.0
        if len(ours) <= _FEW_LINES and len(theirs) <= _FEW_LINES:
            ratio = SequenceMatcher(None, "\n".join(ours)[:400], "\n".join(theirs)[:400], autojunk=False).ratio()
            return ratio if ratio >= _ALIKE_LETTERS else 0.0
        common = sum((Counter(ours) & Counter(theirs)).values())
        return share if (share := common / max(len(ours), 1)) >= _ALIKE else 0.0


def _intact(found: Cell, given: Cell) -> bool:
    """Whether a cell says what the given one says, as far as it must."""
    if found.kind != given.kind:
        return False
    if FILL in given.tags:
        return filled(found.source, given.source)
    if given.kind == "code":
        return same(found.source, given.source, "code")
    return kept(found.source, given.source, given.kind)


def _straight(places: Sequence[int]) -> frozenset[int]:
    """The most of these places that come in order: what is not among them is out of order."""
    tails: list[int] = []
    at: list[int] = []
    before: dict[int, int | None] = {}
    for place in dict.fromkeys(places):
        k = bisect_left(tails, place)
        before[place] = at[k - 1] if k else None
        tails[k:] = [place, *tails[k + 1 :]]
        at[k:] = [place, *at[k + 1 :]]
    found, last = set(), at[-1] if at else None
    while last is not None:
        found.add(last)
        last = before[last]
    return frozenset(found)


def _steps(
    ours: Sequence[Cell], theirs: Sequence[Cell], parts: Mapping[int, Sequence[int]], straight: frozenset[int]
) -> tuple[Step, ...]:
    """Ours in our order, and after each what the student has put after it."""
    taken = {m for places in parts.values() for m in places}
    added: dict[int, list[Step]] = {}
    anchor = -1
    for m, cell in enumerate(theirs):
        if m in straight:
            anchor = m
        if m not in taken:
            added.setdefault(anchor, []).append(Step(cell.source, cell.kind, None, cell))
    steps = added.pop(-1, [])
    owners = Counter(places[0] for places in parts.values() if places)
    last = {places[0]: n for n, places in parts.items() if places}
    for n, given in enumerate(ours):
        places = parts[n]
        if not places:
            steps.append(Step(given.source, given.kind, given, None, replaced=True))
            continue
        found = theirs[places[0]]
        whole = len(places) == 1 and owners[places[0]] == 1
        # A cell to be filled holds the student's work; ours in its place would hold nothing.
        own = whole and found.kind == given.kind and (FILL in given.tags or _intact(found, given))
        source = found.source if own else given.source
        steps.append(Step(source, given.kind, given, found, replaced=not own))
        if last[places[0]] == n:
            steps += added.pop(places[0], [])
    return tuple(steps)


def _findings(
    ours: Sequence[Cell], theirs: Sequence[Cell], parts: Mapping[int, Sequence[int]], straight: frozenset[int]
) -> Iterator[Finding]:
    owners = Counter(places[0] for places in parts.values() if places)
    told: set[int] = set()
    for n, given in enumerate(ours):
        places = parts[n]
        if not places:
            message = f"the given cell {given.looks} is missing; copy it from the released notebook"
            yield Finding(codes.STRUCTURE, f"given {given.where}", message)
            continue
        found = theirs[places[0]]
        if owners[places[0]] > 1:
            if places[0] not in told:
                count = owners[places[0]]
                yield _wrong(found, f"is {count} given cells put together; split it as they were")
            told.add(places[0])
            continue
        if len(places) > 1:
            others = " and ".join(theirs[m].where for m in places[1:])
            yield _wrong(found, f"and {others} were one given cell; join them again")
        elif not _intact(found, given):
            yield _wrong(found, f"is a given one and was changed: {_difference(found, given)}; put it back")
        if places[0] not in straight:
            yield _wrong(found, f"is out of order: {_home(ours, n)}")


def _wrong(cell: Cell, what: str) -> Finding:
    return Finding(codes.STRUCTURE, cell.where, f"{cell.place} {what}")


def _home(ours: Sequence[Cell], n: int) -> str:
    return f"it comes after {ours[n - 1].looks}" if n else "it comes first"


def _difference(found: Cell, given: Cell) -> str:
    """The first line that is another, as it is and as it was."""
    if found.kind != given.kind:
        return f"it was {given.kind} and is {found.kind} now"
    theirs, ours = lines_of(found.source, found.kind), lines_of(given.source, given.kind)
    if FILL in given.tags:
        left = iter(theirs)
        lost = next((line for line in lines_around(given.source) if line not in left), "")
        return f"`{quoted(lost.strip())}` is gone" if lost else "what was given in it stands elsewhere"
    matcher = SequenceMatcher(None, ours, theirs[: 4 * len(ours) + 100], autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal" or (what == "insert" and given.kind != "code"):
            continue
        if what == "insert":
            return f"`{quoted(theirs[k])}` was added"
        if what == "delete":
            return f"`{quoted(ours[i])}` is gone"
        # The first of the two that are different in a run of lines that are.
        pairs = zip(ours[i:j], theirs[k:m], strict=False)
        was, now = next(((a, b) for a, b in pairs if a != b), (ours[i], theirs[k]))
        return "`{}` is now `{}`".format(*where_they_part(was.strip(), now.strip()))
    return "something was added"
