"""Which cells of a handed-in notebook are ours, and the notebook as it should be.

A released notebook's cells are *given*. Those with the tag ``fill`` are to be filled: their lines must stay, and more
come in. All others must say what they said. Whatever else is in a handed-in notebook has been *added*, and is free.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.compare import Finding
from autograder.notebook.document import Cell, Notebook

# Tags of the released notebook's cells. A student's own tags mean nothing.
FILL = "fill"
# What it shows is about the machine, and is not compared.
ENVIRONMENT = "environment"


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
        """The same, short."""
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
    """

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]

    @property
    def code(self) -> tuple[tuple[int, Step], ...]:
        """The steps that are executed, with their places in `steps`: code that isn't empty."""
        return tuple((n, step) for n, step in enumerate(self.steps) if step.kind == "code" and step.source.strip())


def arrange(handed_in: Notebook, released: Notebook) -> Arrangement:
    """Find the given cells again, name what is wrong with them, and put the notebook as it should be together."""
    raise NotImplementedError
