"""Alignment of a handed-in notebook with the released one.

Each *given* cell is looked for by the key in its metadata, then by its id, then by its content. A given code cell with
the tag `FILL` must keep its statements, a text its words; the student may add more between them. Any other must be the
same program. All other cells are the student's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.notebook.document import FILL, Cell, Notebook, quoted, where_they_part
from autograder.notebook.source import (
    described,
    imports_added,
    lines_of,
    lost,
    prints,
    same_program,
)

# With fewer of the given cells of code, it is another notebook.
LEAST_SHARE = 0.5
# Most cells of the student's own that are compared with a given one whose key and id are lost.
MAX_CANDIDATES = 200
# Most lines of a changed cell that are compared with a missing given cell.
MAX_LINES = 100
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Step:
    """One cell of the notebook as it should be: the source that is run, and the cell that was handed in.

    `given` is the released cell, None for one that the student has added; `saved` is the student's, None where a given
    cell is missing. If it is `replaced`, the given cell takes the place of one that was changed or is missing, so
    the saved outputs are not its own.
    """

    source: str
    kind: str
    given: Cell | None
    saved: Cell | None
    replaced: bool = False

    @property
    def calling(self) -> str:
        """The source to be searched for calls: the given one, unless it was to be filled."""
        return self.source if self.given is None or FILL in self.given.tags else self.given.source

    @property
    def prints(self) -> bool:
        """The cell is an unchanged given one that prints."""
        given = self.given
        return given is not None and not self.replaced and FILL not in given.tags and prints(given.source)

    @property
    def place(self) -> str:
        """The cell, for a message."""
        if self.saved is not None:
            return self.saved.place
        return f"the given cell {self.given.looks}" if self.given else "a cell"

    @property
    def where(self) -> str:
        """The cell, in few words that are unique in its notebook."""
        return self.saved.where if self.saved else f"given {self.given.where}" if self.given else ""


@dataclass(frozen=True)
class Arrangement:
    """A handed-in notebook beside the released one.

    Attributes
    ----------
    steps : tuple of Step
        The notebook as it should be.
    findings : tuple of Finding
        Given cells that are missing, changed or out of order.
    recognised : bool
        At least `LEAST_SHARE` of the given code is there. Otherwise it is another notebook, and is judged no further.
    """

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    recognised: bool = True

    @property
    def code(self) -> tuple[tuple[int, Step], ...]:
        """The steps that are run, with their places in `steps`: code that isn't empty."""
        return tuple((n, step) for n, step in enumerate(self.steps) if step.kind == "code" and step.source.strip())


def arrange(handed_in: Notebook, released: Notebook) -> Arrangement:
    """Find the given cells in a handed-in notebook, say what is wrong with them, and put the right ones together."""
    ours, theirs = released.cells, handed_in.cells
    found = align(ours, theirs)
    code = [n for n, cell in enumerate(ours) if cell.kind == "code"]
    recognised = sum(n in found for n in code) >= LEAST_SHARE * len(code)
    in_order = _in_order([found[n] for n in sorted(found)])
    steps = _steps(ours, theirs, found, in_order)
    if not recognised:
        what = f"{len(found)} of the {len(ours)} given cells are in it" if found else "none of the given cells is in it"
        message = f"{what}: it is another notebook, or an old one; put your cells into the released one and run it"
        return Arrangement(steps, (Finding(Code.STRUCTURE, "the given cells", message),), recognised=False)
    return Arrangement(steps, tuple(_findings(ours, theirs, found, in_order)))


def align(ours: Sequence[Cell], theirs: Sequence[Cell]) -> dict[int, int]:
    """Map the indices of given cells to those of the handed-in cells that stand for them.

    A cell that was copied has its key twice: the first counts that is intact, or the first of all.
    """
    found: dict[int, int] = {}
    free = {m: cell for m, cell in enumerate(theirs) if not cell.empty}
    for alike in (_same_key, _same_id, _same_text, _still_says):
        for n, given in enumerate(ours):
            if n in found:
                continue
            candidates = list(free.items())[: None if alike in (_same_key, _same_id) else MAX_CANDIDATES]
            places = [m for m, cell in candidates if alike(cell, given)]
            if places:
                found[n] = next((m for m in places if intact(theirs[m], given)), places[0])
                del free[found[n]]
    return found


def intact(found: Cell, given: Cell) -> bool:
    """Tell whether a handed-in cell still says what the given one says."""
    if found.kind != given.kind:
        return False
    if FILL in given.tags:
        return lost(found.source, given.source) is None
    if given.kind == "code":
        return same_program(found.source, given.source)
    return lost_line(found.source, given.source) is None


def lost_line(found: str, given: str) -> str | None:
    """Return the first line of a given text whose words are no longer there, or None.

    Words are compared, in order, and no marks; more may stand between them.
    """
    words = iter(_WORD.findall(found))
    return next((line for line in given.splitlines() if not all(word in words for word in _WORD.findall(line))), None)


def _same_key(found: Cell, given: Cell) -> bool:
    return found.key == given.key != ""


def _same_id(found: Cell, given: Cell) -> bool:
    return found.id == given.id != ""


def _same_text(found: Cell, given: Cell) -> bool:
    if found.kind != given.kind:
        return False
    if given.kind == "code":
        return same_program(found.source, given.source)
    return _WORD.findall(found.source) == _WORD.findall(given.source)


def _still_says(found: Cell, given: Cell) -> bool:
    if FILL not in given.tags:
        return intact(found, given)
    names = {each.name for each in described(given.source) if each.gap} - {""}
    if names:
        return found.kind == "code" and names <= {each.name for each in described(found.source)}
    # A cell that held only a gap has nothing left to recognise once it is filled.
    return len(lines_of(given.source)) > 1 and intact(found, given)


def _in_order(places: Sequence[int]) -> frozenset[int]:
    """Choose the largest set of places that ascend: the others are out of order."""
    blocks = SequenceMatcher(None, places, sorted(places), autojunk=False).get_matching_blocks()
    return frozenset(place for block in blocks for place in places[block.a : block.a + block.size])


def _steps(
    ours: Sequence[Cell], theirs: Sequence[Cell], found: Mapping[int, int], in_order: frozenset[int]
) -> tuple[Step, ...]:
    given_places = frozenset(found.values())
    own: dict[int, list[Step]] = {}
    above = -1
    for m, cell in enumerate(theirs):
        if m in in_order:
            above = m
        if m not in given_places:
            own.setdefault(above, []).append(Step(cell.source, cell.kind, None, cell))
    steps = own.get(-1, [])
    for n, given in enumerate(ours):
        if n not in found:
            steps.append(Step(given.source, given.kind, given, None, replaced=True))
            continue
        cell, source = theirs[found[n]], given.source
        # A cell to be filled holds the student's work, even if it has lost a given line.
        kept = intact(cell, given) or (FILL in given.tags and cell.kind == given.kind)
        if not kept and cell.kind == given.kind == "code" and not source.startswith("%%"):
            # The student's own cells may use the imports of a changed one.
            source = "\n".join(filter(None, (imports_added(cell.source, source), source)))
        steps.append(Step(cell.source if kept else source, given.kind, given, cell, replaced=not kept))
        steps += own.get(found[n], ())
    return tuple(steps)


def _findings(
    ours: Sequence[Cell], theirs: Sequence[Cell], found: Mapping[int, int], in_order: frozenset[int]
) -> Iterator[Finding]:
    for n, given in enumerate(ours):
        if n not in found:
            message = f"the given cell {given.looks} is missing or was changed; copy it from the released notebook"
            yield Finding(Code.STRUCTURE, f"given {given.where}", message)
            continue
        cell = theirs[found[n]]
        if not intact(cell, given):
            message = f"{cell.place} is a given one and was changed: {_difference(cell, given)}; put it back"
            yield Finding(Code.STRUCTURE, cell.where, message)
        if found[n] not in in_order:
            home = f"after {ours[n - 1].looks}" if n else "at the top"
            yield Finding(Code.STRUCTURE, cell.where, f"{cell.place} is out of order: it belongs {home}")


def _difference(found: Cell, given: Cell) -> str:
    if found.kind != given.kind:
        return f"it was {given.kind} and is {found.kind} now"
    theirs: Sequence[str] = ()
    if FILL in given.tags:
        was = lost(found.source, given.source)
    elif given.kind == "code":
        ours, theirs = lines_of(given.source), lines_of(found.source)
        was = next((line for line in ours if line not in theirs), None)
        if was is None:
            more = next((line for line in theirs if line not in ours), None)
            return "its lines are not in their order" if more is None else f"`{quoted(more)}` was added"
    else:
        was, theirs = lost_line(found.source, given.source), found.source.splitlines()
    was = (was or "").strip()
    alike = get_close_matches(was, [line.strip() for line in theirs[:MAX_LINES]], 1)
    return "`{}` is now `{}`".format(*where_they_part(was, alike[0])) if alike else f"`{quoted(was)}` is gone"
