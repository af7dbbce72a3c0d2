"""Does the notebook tell the truth: are its saved outputs what the student's code gives.

Each cell is compared on its own, in three parts whose order among each other is a matter of time: what was printed,
what figures show, and everything else that is displayed, tables by their entries. What goes to standard error is
nobody's result: warnings, logs, progress. What was not saved at all is no lie (:mod:`autograder.notebook.history` asks
for it), but a notebook that has kept less than half of what it shows has told nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.notebook.alignment import Step
from autograder.notebook.aside import may_show_more
from autograder.notebook.displays import (
    display_differs,
    displays,
    first_words,
    pictures,
    printed,
    shows_something,
    told,
)
from autograder.notebook.document import ENVIRONMENT, Output
from autograder.notebook.figures import differ, figures_of, pictures_differ
from autograder.notebook.steady import steady
from autograder.notebook.texts import beginning, difference, lacking, strange

MAX_NOTICES = 1_000_000
LEAST_SHARE = 0.5
# What the finding is about that too little was kept to be compared.
FEW = "outputs"
# What Jupyter's server says where it has dropped outputs, because there were too many at once; lines break off there.
_DROPPED = re.compile(r"IOPub (?:data|message) rate exceeded")
_MOST_DROPPED = 20


@dataclass(frozen=True)
class Runs:
    """What cells that ended well have shown in runs of ours, by the place of their step.

    Attributes
    ----------
    first : mapping of int to sequence of Output
    abroad : mapping of int to sequence of Output or None
        Elsewhere, and with another seed for what is drawn without one. Worth making where the first run leaves a cell
        that seems stale. A cell that ended well at home alone was not tried again, and is held against nobody.
    moved : mapping of int to sequence of Output or None
        Elsewhere, with the first one's seed. Worth making where both runs leave a cell that seems stale and shows
        something else in each: if only the seed makes it another, nothing is held against it. For a number that is
        drawn may be the same in two runs by chance, and another one when it was saved.
    """

    first: Mapping[int, Sequence[Output]]
    abroad: Mapping[int, Sequence[Output]] | None = None
    moved: Mapping[int, Sequence[Output]] | None = None

    def vary(self, n: int) -> bool:
        """Whether the first two runs of a cell show different things."""
        return self.abroad is not None and bool(stale(self.abroad[n], self.first[n], exactly=True))

    def by_chance(self, n: int) -> bool:
        """Whether it is the seed that makes a cell show something else."""
        if self.abroad is None or self.moved is None:
            return False
        return n not in self.moved or bool(steady(self.first[n], self.moved[n]).lacks(self.abroad[n], exactly=True))


def tells_the_truth(steps: Sequence[Step], runs: Runs) -> list[Finding]:
    """The cells whose saved outputs are not what the code gives; nothing if all are."""
    findings = [untrue(steps[n].where, steps[n].place, said) for n, said in stale_cells(steps, runs)]
    showing = compared(steps, runs.first)
    kept = sum(1 for step in showing if step.saved and shows_something(step.saved.outputs))
    if kept < LEAST_SHARE * len(showing):
        few = f"{kept or 'none'} of the {len(showing)} given cells that show something {'has' if kept < 2 else 'have'}"
        message = f"{few} kept it, too few to be compared; run all cells from the top, and save"
        findings.append(Finding(Code.STRUCTURE, FEW, message))
    return findings


def compared(steps: Sequence[Step], rerun: Mapping[int, Sequence[Output]]) -> list[Step]:
    """The given cells that a run lets be compared: those that ended well, and show something or should have."""
    return [
        step
        for n, step in enumerate(steps)
        if step.given and n in rerun and (step.prints or shows_something(rerun[n])) and not of_the_machine(step)
    ]


def stale_cells(steps: Sequence[Step], runs: Runs) -> Iterator[tuple[int, str]]:
    """The places of the steps that show what their code doesn't give, each with the end of a sentence that says so."""
    for n, step in enumerate(steps):
        # A changed cell's outputs are not of this code.
        if n not in runs.first or step.replaced or of_the_machine(step) or not (step.saved and step.saved.outputs):
            continue
        if runs.abroad is not None and n not in runs.abroad:
            continue
        if said := _stale_after_all(step, step.saved.outputs, n, runs):
            yield n, said


def _stale_after_all(step: Step, saved: Sequence[Output], n: int, runs: Runs) -> str:
    """How what was saved of a step differs from what all runs of it show."""
    if kept_an_error(saved):
        # The error is told as one, and costs what it ended; what was shown before it is no less to be true.
        said = _begins_otherwise(saved, runs.first[n])
        return "" if said and (runs.vary(n) or may_show_more(step.source)) else said
    said = stale(saved, runs.first[n])
    if said and may_show_more(step.source):
        said = stale(saved, runs.first[n], more=True)
    if not said or not runs.vary(n):
        return said
    if runs.by_chance(n):
        return ""
    others = [run[n] for run in (runs.abroad, runs.moved) if run is not None and n in run]
    return steady(runs.first[n], *others).lacks(saved)


def untrue(where: str, place: str, said: str) -> Finding:
    """That a cell shows something else than its code gives."""
    return Finding(Code.VALUES, where, f"{place} {said}; run all cells from the top, and save")


def of_the_machine(step: Step) -> bool:
    """Whether what a cell shows is about the machine, or nothing that is run as code."""
    # Of all that is installed and its settings, no two machines tell the same.
    about = "show_versions(" in step.source if step.given is None else ENVIRONMENT in step.given.tags
    return step.kind != "code" or about


def kept_an_error(saved: Sequence[Output]) -> bool:
    """Whether a cell was saved with an error among its outputs."""
    return any(output.kind == "error" for output in saved)


def stale(saved: Sequence[Output], rerun: Sequence[Output], *, more: bool = False, exactly: bool = False) -> str:
    """How what a cell shows differs from what its code gives, as the end of a sentence; "" if it doesn't.

    Parameters
    ----------
    more : bool
        There may be more in what was saved than the code gives, anywhere.
    exactly : bool
        Numbers agree only if they are written alike.
    """
    shown, gives = printed(saved), printed(rerun)
    clipped = any(output.clipped for output in (*saved, *rerun))
    # Said by the server, and not by the code.
    dropped = _times_dropped(saved) - _times_dropped(rerun)
    if dropped > 0:
        parted = None if clipped else strange(shown, gives, min(dropped, _MOST_DROPPED))
    elif more:
        parted = None if clipped else lacking(shown, gives)
    else:
        parted = difference(shown, gives, clipped=clipped, exactly=exactly)
    if parted is not None:
        return told(parted.shown, parted.gives)
    if clipped or dropped > 0:
        return ""
    return _figures_differ(saved, rerun, more=more, exactly=exactly) or _displays_differ(
        saved, rerun, more=more, exactly=exactly
    )


def _begins_otherwise(saved: Sequence[Output], rerun: Sequence[Output]) -> str:
    """How what a cell has shown before an error ended it differs from how its code's outputs begin."""
    if parted := beginning(printed(saved), printed(rerun)):
        return told(parted.shown, parted.gives)
    pairs = zip(figures_of(pictures(saved)), figures_of(pictures(rerun)), strict=False)
    drawn = next((said for one, other in pairs if one and other and (said := differ(one, other))), "")
    shown = zip(displays(saved), displays(rerun), strict=False)
    return f"has a figure that {drawn}" if drawn else next(filter(None, starmap(display_differs, shown)), "")


def _times_dropped(outputs: Sequence[Output]) -> int:
    return len(_DROPPED.findall(printed(outputs, "stderr")[:MAX_NOTICES]))


def _figures_differ(saved: Sequence[Output], rerun: Sequence[Output], *, more: bool, exactly: bool) -> str:
    theirs, ours = pictures(saved), pictures(rerun)
    if more and not ours:
        return ""
    return pictures_differ(theirs, ours, exactly=exactly)


def _displays_differ(saved: Sequence[Output], rerun: Sequence[Output], *, more: bool, exactly: bool) -> str:
    theirs, ours = displays(saved), displays(rerun)
    if more:
        rest = iter(theirs)
        lost = (one for one in ours if not any(not display_differs(other, one) for other in rest))
        return next((told("", first_words(one)) for one in lost), "")
    for shown, gives in zip(theirs, ours, strict=False):
        if said := display_differs(shown, gives, exactly=exactly):
            return said
    if len(theirs) != len(ours):
        longer, shorter = (theirs, ours) if len(theirs) > len(ours) else (ours, theirs)
        first = first_words(longer[len(shorter)])
        return told(first, "") if longer is theirs else told("", first)
    return ""
