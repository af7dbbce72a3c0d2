"""The check that the notebook was run: every cell, in order, in a fresh kernel, with its outputs kept.

The execution counts tell. In a fresh kernel the first cell has 1, and each cell a higher count than those above it.
Skipped counts cost nothing: a cell was run again, or tried out and deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.notebook.alignment import Step
from autograder.notebook.document import Cell, Notebook, Output
from autograder.notebook.stale import asks_for_a_verdict, shows_something

# Jupyter's own tag for a cell whose exception is meant.
RAISES = "raises-exception"
# Lines that show something in every run.
_SHOWS = re.compile(r"(?m)^(?:print|plt\.show|display)\(")
_RUN_ALL = "restart the kernel, run all cells, and save"


def was_run(
    handed_in: Notebook, steps: Sequence[Step] = (), now: Mapping[int, Sequence[Output]] | None = None
) -> list[Finding]:
    """List signs that the notebook was not run as a whole; none if it was.

    The steps tell which cells must show something: by the outputs of a run, or without one by their text.
    """
    cells = [cell for cell in handed_in.code if _has_code(cell)]
    if not any(cell.count or cell.outputs for cell in cells):
        return [Finding(Code.STRUCTURE, "counts", f"no cell of the notebook was run; {_RUN_ALL}")]
    allowed = {step.saved.number for step in steps if step.saved and may_raise(step)}
    failed = [
        (cell, output.name)
        for cell in cells
        if cell.number not in allowed
        for output in cell.outputs
        if output.kind == "error"
    ]
    lost = [
        step.saved
        for n, step in enumerate(steps)
        if step.saved and step.saved.count and not step.saved.outputs and not step.replaced and _shows(n, step, now)
    ]
    name = failed[0][1] if failed else ""
    emptied = [cell for cell in handed_in.code if cell.empty and cell.outputs]
    return [
        *_finding([cell for cell in cells if cell.count is None], "was not run"),
        *_order(handed_in.code),
        *_finding([cell for cell, _ in failed], f"ended with {name}", f"repair it, and {_RUN_ALL}"),
        *_finding(emptied, "holds no code, and still shows an output"),
        *_finding(lost, "has lost what it showed"),
    ]


def may_raise(step: Step) -> bool:
    """Tell whether a cell has the tag ``raises-exception``; of a given cell, whether it was handed out with it."""
    cell = step.given or step.saved
    return cell is not None and RAISES in cell.tags


def is_untouched(handed_in: Notebook, steps: Sequence[Step]) -> bool:
    """Tell whether a notebook is the released one: no cell was run, filled, changed or added."""
    if any(cell.count or cell.outputs for cell in handed_in.code):
        return False
    return all(
        step.given is not None and (step.saved is None or step.saved.source.strip() == step.given.source.strip())
        for step in steps
        if step.source.strip()
    )


def kept_too_little(steps: Sequence[Step], now: Mapping[int, Sequence[Output]]) -> bool:
    """Tell whether most given cells that show something have lost it: then nothing supports what the run shows."""
    showing = [
        step for n, step in enumerate(steps) if step.given and n in now and (step.prints or shows_something(now[n]))
    ]
    kept = sum(1 for step in showing if step.saved and shows_something(step.saved.outputs))
    return 2 * kept < len(showing)


def _has_code(cell: Cell) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in cell.source.splitlines())


def _order(cells: Sequence[Cell]) -> Iterator[Finding]:
    run = [(cell.count, cell) for cell in cells if cell.count is not None]
    for (before, above), (count, cell) in pairwise(run):
        if count <= before:
            what = f"was run as number {count}, and {above.where} above it as number {before}"
            yield from _finding([cell], what)
            return
    if run and run[0][0] != 1:
        yield from _finding([run[0][1]], f"was run as number {run[0][0]}: the kernel wasn't fresh")


def _shows(n: int, step: Step, now: Mapping[int, Sequence[Output]] | None) -> bool:
    if asks_for_a_verdict(step.calling):
        return step.given is not None
    if now is None:
        return _SHOWS.search(step.source) is not None
    # A given cell that prints must have printed, whatever the run shows.
    return step.prints or (n in now and shows_something(now[n]))


def _finding(cells: Sequence[Cell], what: str, advice: str = _RUN_ALL) -> Iterator[Finding]:
    if cells:
        others = len({cell.number for cell in cells}) - 1
        more = f" (and {others} more)" if others else ""
        yield Finding(Code.STRUCTURE, cells[0].where, f"{cells[0].place} {what}{more}; {advice}")
