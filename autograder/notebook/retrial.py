"""Before a cell is said to be stale: its notebook once more, abroad; and, where it was changed, as it was handed in.

A changed given cell has ours in its place, so what was saved of it was shown by other code: the student's own. It is
held against ours, and if that is not what it shows, against what the student's version gives in the notebook as it was
handed in. So a cell is no less in the way of a stale number when it was changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.grading.modules import said_of
from autograder.notebook.alignment import Arrangement, Step
from autograder.notebook.aside import asks_for_a_verdict, may_show_more
from autograder.notebook.displays import shows_something
from autograder.notebook.document import Cell, Notebook, Output
from autograder.notebook.execution import HOME, Execution, Surroundings
from autograder.notebook.steady import steady
from autograder.notebook.truth import (
    Runs,
    kept_an_error,
    of_the_machine,
    stale,
    stale_cells,
    tells_the_truth,
    untrue,
)

# Changed cells that fail, in whose place ours is tried, one after the other.
MOST_FAILED = 3
ABROAD = Surroundings(seed=1, abroad=True)
MOVED = Surroundings(HOME.seed, abroad=True)
# Of all runs of a notebook that there are.
SURROUNDINGS = (HOME, ABROAD, MOVED)
_READY = re.compile(r"\bready\(")

# (steps with their places, what the run finds)
Run = Callable[[Sequence[tuple[int, Step]], Surroundings], Execution]


class _UnstartedError(Exception):
    """A run that could not be made."""


def truth(run: Run, handed_in: Notebook, arrangement: Arrangement, first: Execution) -> list[Finding]:
    """What a notebook shows and its code doesn't give.

    Parameters
    ----------
    run : callable
        Runs steps, each under its place.
    handed_in : Notebook
    arrangement : Arrangement
        The notebook as it should be.
    first : Execution
        The run of that.
    """
    steps, rerun = arrangement.steps, first.outputs
    try:
        runs = Runs(rerun)
        findings = tells_the_truth(steps, runs)
        if any(finding.code == Code.VALUES for finding in findings):
            alive = _alive(arrangement.code, first)
            runs = replace(runs, abroad=_made(run, alive, ABROAD).outputs)
            if any(runs.vary(n) for n, _ in stale_cells(steps, runs)):
                runs = replace(runs, moved=_made(run, alive, MOVED).outputs)
            findings = tells_the_truth(steps, runs)
        return [*findings, *_of_changed(run, handed_in, steps, rerun)]
    except _UnstartedError as error:
        # What could not be tried again is held against nobody.
        return [Finding(Code.NO_SANDBOX, "", f"the notebook could not be run again: {error}")]


def _of_changed(
    run: Run, handed_in: Notebook, steps: Sequence[Step], rerun: Mapping[int, Sequence[Output]]
) -> Iterator[Finding]:
    """What changed given cells show, and neither ours nor the student's version gives."""
    whole = {step.saved.number for step in steps if step.saved and not step.replaced}
    stands_for = {
        cell.number: [n for n, step in enumerate(steps) if step.saved is cell]
        for cell in handed_in.code
        if cell.number not in whole
    }
    doubtful = [
        cell
        for cell in handed_in.code
        if cell.number in stands_for and _doubtful(cell, [(n, steps[n]) for n in stands_for[cell.number]], rerun)
    ]
    if not doubtful:
        return
    own = {cell.number: Step(cell.source, "code", None, cell) for cell in handed_in.code if not cell.empty}
    theirs = _made(run, [*own.items()], HOME)
    failed: set[int] = set()
    # A changed cell that fails costs itself: ours goes on in its place.
    while len(failed) < MOST_FAILED and (
        first := min(stands_for.keys() & own.keys() - theirs.outputs.keys(), default=0)
    ):
        failed.add(first)
        own[first] = replace(own[first], source="\n".join(steps[n].source for n in stands_for.pop(first)))
        theirs = _made(run, [*own.items()], HOME)
    again: Mapping[int, Sequence[Output]] | None = None
    for cell in doubtful:
        n = cell.number
        if n in failed or n not in theirs.outputs:
            # Where ours shows nothing either, there was nothing to be wrong about.
            if any(step.saved is cell and shows_something(rerun.get(k, ())) for k, step in enumerate(steps)):
                yield untrue(cell.where, cell.place, "was changed so that it fails, and can't give what it shows")
            continue
        gives = theirs.outputs[n]
        more = may_show_more(cell.source) or _READY.search(cell.source) is not None
        if not (said := stale(cell.outputs, gives, more=more)):
            continue
        if again is None:
            again = _made(run, _alive(own.items(), theirs), ABROAD).outputs
        if n in again and stale(again[n], gives, exactly=True):
            # Only what the student's own code makes the same each time is held against it.
            said = steady(gives, again[n]).lacks(cell.outputs)
        if n in again and said:
            yield untrue(cell.where, cell.place, said)


def _doubtful(cell: Cell, given: Sequence[tuple[int, Step]], rerun: Mapping[int, Sequence[Output]]) -> bool:
    """Whether a changed cell shows what the given ones it stands for don't give; of a part of one nothing is known."""
    if not shows_something(cell.outputs) or kept_an_error(cell.outputs):
        return False
    if not given:
        return True
    if all(of_the_machine(step) or (step.given and asks_for_a_verdict(step.given.source)) for _, step in given):
        return False
    ours = list(chain.from_iterable(rerun.get(n, ()) for n, _ in given))
    return bool(stale(cell.outputs, ours))


def _alive(steps: Iterable[tuple[int, Step]], execution: Execution) -> list[tuple[int, Step]]:
    return [(place, step) for place, step in steps if execution.cells[place].ending != "died"]


def _made(run: Run, steps: Sequence[tuple[int, Step]], surroundings: Surroundings) -> Execution:
    made = run(steps, surroundings)
    for shown in made.cells.values():
        if shown.ending in {"unstarted", "faulty"}:
            raise _UnstartedError(said_of(shown.failure))
    return made
