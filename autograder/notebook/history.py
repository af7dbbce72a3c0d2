"""Was the notebook run: every cell, in order, from a fresh kernel, and its outputs kept.

The execution counts are what tells. Run from a fresh kernel, the first cell has 1, and each cell a higher count than
those above it. A count that skips costs nothing: it says that a cell was run again where one stood, or that one was
tried out and deleted, and people do both. Whether such a thing has left something behind that the notebook lives on is
found out by running it once more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.notebook.alignment import Step
from autograder.notebook.aside import asks_for_a_verdict
from autograder.notebook.displays import shows_something
from autograder.notebook.document import Cell, Notebook, Output

# Lines that show something, whatever they are given, if they aren't inside of anything.
_SHOWS = re.compile(r"(?m)^(?:print|plt\.show|display)\(")
_RUN_ALL = "restart the kernel, run all cells, and save"


def was_run(
    handed_in: Notebook, steps: Sequence[Step] = (), rerun: Mapping[int, Sequence[Output]] | None = None
) -> list[Finding]:
    """What shows that the notebook was not run as a whole; nothing if it was.

    Parameters
    ----------
    handed_in : Notebook
    steps : sequence of Step, optional
        The notebook as it should be; it tells which cells must show something.
    rerun : mapping of int to sequence of Output, optional
        What each step that ended well has shown in a run of ours, by its place in `steps`. Without it, what a cell must
        show is read from its text.
    """
    cells = [cell for cell in handed_in.code if _does_something(cell)]
    if not any(cell.count or cell.outputs for cell in cells):
        return [Finding(Code.STRUCTURE, "counts", f"no cell of the notebook was run; {_RUN_ALL}")]
    return [
        finding
        for found in (_not_run(cells), _order(handed_in.code), _errors(cells), _lost(steps, rerun))
        if (finding := found) is not None
    ]


def _does_something(cell: Cell) -> bool:
    """Whether there is more in it than comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in cell.source.splitlines())


def _not_run(cells: Sequence[Cell]) -> Finding | None:
    missed = [cell for cell in cells if cell.count is None]
    if not missed:
        return None
    return Finding(Code.STRUCTURE, missed[0].where, f"{missed[0].place} was not run{_more(missed)}; {_RUN_ALL}")


def _order(cells: Sequence[Cell]) -> Finding | None:
    """The first sign that cells were not run one after the other, from the first on."""
    run = [(cell.count, cell) for cell in cells if cell.count is not None]
    for (before, above), (count, cell) in pairwise(run):
        if count <= before:
            said = f"{cell.place} was run as number {count}, and {above.where} above it as number {before}"
            return Finding(Code.STRUCTURE, cell.where, f"{said}; {_RUN_ALL}")
    if run and run[0][0] != 1:
        said = f"{run[0][1].place} was run as number {run[0][0]}: the kernel wasn't fresh"
        return Finding(Code.STRUCTURE, run[0][1].where, f"{said}; {_RUN_ALL}")
    return None


def _errors(cells: Sequence[Cell]) -> Finding | None:
    kept = [(cell, output) for cell in cells for output in cell.outputs if output.kind == "error"]
    if not kept:
        return None
    cell, output = kept[0]
    others = _more([cell for cell, _ in kept])
    return Finding(
        Code.STRUCTURE, cell.where, f"{cell.place} ended with {output.name}{others}; repair it, and {_RUN_ALL}"
    )


def _lost(steps: Sequence[Step], rerun: Mapping[int, Sequence[Output]] | None) -> Finding | None:
    """Cells that must have shown something, and of which nothing was kept."""
    lost = [
        step.saved
        for n, step in enumerate(steps)
        if step.saved and step.saved.count and not step.saved.outputs and not step.replaced and _shows(n, step, rerun)
    ]
    if not lost:
        return None
    return Finding(Code.STRUCTURE, lost[0].where, f"{lost[0].place} has lost what it showed{_more(lost)}; {_RUN_ALL}")


def _shows(n: int, step: Step, rerun: Mapping[int, Sequence[Output]] | None) -> bool:
    if asks_for_a_verdict(step.calling):
        return step.given is not None
    if rerun is None:
        return _SHOWS.search(step.source) is not None
    # A run that shows nothing of a cell that prints is no reason to miss nothing.
    return step.prints or (n in rerun and shows_something(rerun[n]))


def _more(cells: Sequence[Cell]) -> str:
    others = len({cell.number for cell in cells}) - 1
    return f" (and {others} more)" if others else ""
