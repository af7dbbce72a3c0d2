"""Graded notebooks.

Theory of operation
===================

A student hands in a module and the notebook it was written with. The notebook is graded apart from the module.

*Read.* A notebook is bytes from a stranger. :mod:`autograder.notebook.document` makes frozen records of them, in
bounds, or says in one sentence why they are no notebook. No code of it is run to read it.

*Aligned.* The released notebook is the measure: its cells are *given*, some of them to be filled; all others are the
student's own. :mod:`autograder.notebook.alignment` finds the given cells again and names what is missing, changed or
out of order. Grading goes on with the notebook as it should be: the given cells in their order, ours where one was
changed or is missing, and the student's cells where they stand. So a changed cell costs itself alone.

*Run.* The notebook as it should be is run once, beside the student's own module (:mod:`autograder.notebook.execution`),
in a process like every other run's (:mod:`autograder.notebook.kernel`). A cell that ends the process is left out, and
the others are run again.

*Checked.* :mod:`autograder.notebook.checks` is a table of functions, each of what was handed in and of the run: are the
given cells there; was it run (:mod:`autograder.notebook.history`); does it run; has it its figures
(:mod:`autograder.notebook.figures`). The model that it trains is judged by its arrays, with what ``model.py``
says, in the grader (:mod:`autograder.notebook.grade`), which alone knows what is right.

*Stale outputs.* Saved outputs are held against those of the run (:mod:`autograder.notebook.stale`). A difference is a
note, with both values, and costs no points. No expected value is involved, so a note gives no answer away.

*Figures.* Pixels differ from machine to machine. What a figure shows is plain data: axes, labels, and the numbers
drawn. :mod:`autograder.notebook.figure_metadata` takes them from matplotlib's own objects, in the run and in the
student's kernel, and puts them into the PNG itself. So a saved picture can be held against the one that the code draws
now. Of a picture without them only presence is judged.

What each module sees
---------------------

``kernel`` runs beside student code, and ``figure_metadata`` there and in students' own kernels. They know no other
module of this room. ``grade`` and ``reference`` run in the grader. All others work in a reader on what students have
written: pure functions of records, in bounds, that raise nothing because of a notebook but
:class:`autograder.notebook.document.UnreadableError`.

What is *not* promised
----------------------

- Saved outputs and counts are the student's to write. A notebook that was edited by hand to look as if it had been run
  passes; so does one that was really run. The difference is worth nobody's while.
- What a cell shows in the run is the student's code's to say. So that a notebook runs, and what it draws, counts only
  with outputs that were saved of it, or with a model that is good by its arrays.
- A figure's data can be taken out of the picture. Then its presence is judged, no more.
- Not every stale output is noted, and not every note is about a mistake: a cell may draw without a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def load_kernel() -> Callable[..., Any]:
    """Load the function that runs a notebook's cells, only where they are run: no other process needs it."""
    import matplotlib.pyplot  # noqa: F401, ICN001, PLC0415

    from autograder.notebook.kernel import run  # noqa: PLC0415

    return run
