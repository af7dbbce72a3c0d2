"""Graded notebooks.

Theory of operation
===================

A student hands in a module and the notebook it was written with. The notebook is graded apart from the module.

*Read.* A notebook is untrusted bytes. :mod:`autograder.notebook.document` makes frozen records of them, within bounds,
or says in one sentence why they are no notebook. No code of it is run to read it.

*Aligned.* The cells of the released notebook are *given*, some of them to be filled; all others are the student's own.
:mod:`autograder.notebook.alignment` finds the given cells and names those that are missing, changed or out of order.
Grading continues with the notebook as it should be: the given cells in their order, the released version where one was
changed or is missing, and the student's cells in their places. So a changed cell loses only its own points.

*Run.* The notebook as it should be is run once, beside the student's own module (:mod:`autograder.notebook.execution`),
in a process like every other run's (:mod:`autograder.notebook.kernel`). A cell that ends the process is left out, and
the others are run again.

*Checked.* :mod:`autograder.notebook.checks` is a table of functions of the handed-in notebook and its run. They check
that the given cells are there, that it was run (:mod:`autograder.notebook.history`), that it runs, and that it has its
figures (:mod:`autograder.notebook.figures`). The model that it trains is judged by its arrays, with ``model.py``, in
the grader (:mod:`autograder.notebook.grade`), which alone knows what is right.

*Stale outputs.* Saved outputs are compared with those of the run (:mod:`autograder.notebook.stale`). A difference is a
note, with both values, and costs no points. No expected value is involved, so a note gives no answer away.

*Figures.* Pixels differ from machine to machine. A figure is judged by its data: axes, labels, and the numbers
drawn. :mod:`autograder.notebook.figure_metadata` takes them from matplotlib's own objects, in the run and in the
student's kernel, and puts them into the PNG itself. So a saved picture can be compared with the one that the code
draws now. Of a picture without data only its presence is judged.

What each module sees
---------------------

``kernel`` runs beside student code, and ``figure_metadata`` there and in students' own kernels. They import no
other module of this package. ``grade`` and ``reference`` run in the grader. All others work in a reader on students'
bytes: pure functions of records, within bounds. The only exception that a notebook can cause in them is
:class:`autograder.notebook.document.UnreadableError`.

What is *not* promised
----------------------

- Students can write saved outputs and counts by hand. A notebook that was edited to look as if it had been run passes,
  but that is more work than running it.
- The student's code decides what a cell shows in the run. So the checks ``runs`` and ``figures`` earn points only with
  saved outputs, or with a model that is good by its arrays.
- A figure's data can be removed from the picture. Then only its presence is judged.
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
