"""What of a cell's outputs is the same in several runs of ours: that alone can be held against what was saved of it.

Runs are laid side by side line by line, from the first on and from the last on. Where only numbers in a line are
others, these are left open: what stands beside them is compared. Where other words come, or more lines, as in a list of
files or settings, all is left open from there to where the runs agree again to their end: of a list nobody knows how it
goes on another machine. A table or a figure is the same as a whole, or left open as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.notebook.displays import display_differs, displays, pictures, printed, table_of, text_of, told
from autograder.notebook.document import Output
from autograder.notebook.figures import pictures_differ
from autograder.notebook.lines import Line
from autograder.notebook.texts import in_all, lacking

# Tables of one cell that are held against others. Of more, each against each, none is.
MAX_TABLES = 20


@dataclass(frozen=True)
class Steady:
    """What several runs show alike.

    Attributes
    ----------
    lines : tuple of Line
        Of what was printed, and of what was displayed as text.
    tables : tuple of Output
    figures : tuple of Output
        All, or none.
    """

    lines: tuple[Line, ...] = ()
    tables: tuple[Output, ...] = ()
    figures: tuple[Output, ...] = ()

    def lacks(self, shown: Sequence[Output], *, exactly: bool = False) -> str:
        """What of it is not shown, as the end of a sentence; "" if all is, whatever is shown besides.

        Parameters
        ----------
        exactly : bool
            Numbers agree only if they are written alike.
        """
        if any(output.clipped for output in shown):
            return ""
        if lost := lacking(_text(shown), self.lines, exactly=exactly):
            return told("", lost.gives)
        for table in self.tables:
            parted = [display_differs(one, table, exactly=exactly) for one in _tables(shown)]
            if all(parted):
                return parted[0] if parted else "doesn't show a table, which your code gives"
        return _figures_part(shown, self.figures, exactly=exactly)


def steady(first: Sequence[Output], *others: Sequence[Output]) -> Steady:
    """What all these runs of a cell show alike, to the digit."""
    tables, figures = _tables(first), tuple(pictures(first))
    for other in others:
        there = _tables(other)
        tables = [one for one in tables if any(not display_differs(two, one, exactly=True) for two in there)]
        if _figures_part(other, figures, exactly=True):
            figures = ()
    return Steady(in_all(_text(first), *map(_text, others)), tuple(tables), figures)


def _text(outputs: Sequence[Output]) -> str:
    """What is to be read line by line."""
    texts = [text_of(one) for one in displays(outputs) if not table_of(one).rows]
    return "\n".join((printed(outputs), *texts))


def _tables(outputs: Sequence[Output]) -> list[Output]:
    found = [one for one in displays(outputs) if table_of(one).rows]
    return found if len(found) <= MAX_TABLES else []


def _figures_part(shown: Sequence[Output], gives: Sequence[Output], *, exactly: bool) -> str:
    """How figures differ from those that all runs show; where there are none, there is nothing to differ from."""
    return pictures_differ(pictures(shown), gives, exactly=exactly) if gives else ""
