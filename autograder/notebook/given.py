"""Which cells of a handed-in notebook are ours, and the notebook as it should be.

A released notebook's cells are *given*. Those with the tag ``fill`` are to be filled: what they say must stay, and more
comes in. A text may be added to. All others must say what they said. Whatever else is in a handed-in notebook has been
*added*, and is free.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.notebook.document import FILL, Cell, Notebook, quoted, where_they_part
from autograder.notebook.matching import found_again, intact
from autograder.notebook.program import imports_added, lines_of, lost, prints, sentences, unsaid

# With fewer of the given cells, texts or no texts, it is another notebook, or one of another year.
LEAST_SHARE = 0.5
# Of a changed text, that are looked at for what a sentence has become.
_MOST_SENTENCES = 100


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
    def calling(self) -> str:
        """The text that tells what it calls: the given one's, so that a comment in it changes nothing."""
        return self.source if self.given is None or FILL in self.given.tags else self.given.source

    @property
    def prints(self) -> bool:
        """Tell whether it is a given cell that prints, by its own text, as a student has it: so it has been seen to."""
        given = self.given
        return given is not None and not self.replaced and FILL not in given.tags and prints(given.source)

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
    parts = found_again(ours, theirs)
    there = sum(1 for cells in parts.values() if cells)
    code = [bool(parts[n]) for n, cell in enumerate(ours) if cell.kind == "code"]
    recognised = there >= LEAST_SHARE * len(ours) or (any(code) and sum(code) >= LEAST_SHARE * len(code))
    straight = _straight([cells[0] for cells in parts.values() if cells])
    steps = _steps(ours, theirs, parts, straight)
    if not recognised:
        what = f"{there} of the {len(ours)} given cells are in it" if there else "none of the given cells is in it"
        message = f"{what}: it is another notebook, or an old one; put your cells into the released one and run it"
        return Arrangement(steps, (Finding(Code.STRUCTURE, "the given cells", message),), recognised=False)
    return Arrangement(steps, tuple(_findings(ours, theirs, parts, straight)))


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
        filled = FILL in given.tags
        own = found.kind == given.kind and (whole or filled) and ((whole and filled) or intact(found, given))
        source = found.source if own else given.source
        code = found.kind == given.kind == "code"
        if not own and whole and code and (imports := imports_added(found.source, given.source)):
            # What the student's own cells further down may live on is no damage to these.
            source = f"{imports}\n{source}"
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
            yield Finding(Code.STRUCTURE, f"given {given.where}", message)
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
        elif not intact(found, given):
            yield _wrong(found, f"is a given one and was changed: {_difference(found, given)}; put it back")
        if places[0] not in straight:
            yield _wrong(found, f"is out of order: {_home(ours, n)}")


def _wrong(cell: Cell, what: str) -> Finding:
    return Finding(Code.STRUCTURE, cell.where, f"{cell.place} {what}")


def _home(ours: Sequence[Cell], n: int) -> str:
    return f"it belongs after {ours[n - 1].looks}" if n else "it belongs at the top"


def _difference(found: Cell, given: Cell) -> str:
    """The first line that is another, as it is and as it was."""
    if found.kind != given.kind:
        return f"it was {given.kind} and is {found.kind} now"
    if FILL in given.tags:
        return f"`{quoted((lost(found.source, given.source) or '').strip())}` is gone"
    if given.kind != "code":
        was = unsaid(found.source, given.source, given.kind) or ""
        paragraphs = "\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", found.source))
        alike = get_close_matches(was, sentences(paragraphs)[:_MOST_SENTENCES], 1)
        return "`{}` is now `{}`".format(*where_they_part(was, alike[0])) if alike else f"`{quoted(was)}` is gone"
    theirs, ours = lines_of(found.source, found.kind), lines_of(given.source, given.kind)
    matcher = SequenceMatcher(None, ours, theirs[: 4 * len(ours) + 100], autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
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
