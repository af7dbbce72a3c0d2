"""Graded notebooks.

Theory of operation
===================

A student hands in a module and the notebook it was written with. The notebook is graded apart from the module.

*Read.* A notebook is untrusted bytes. :mod:`autograder.notebook.document` makes frozen records of them, within bounds,
or says in one sentence why they are no notebook. No code of it is run to read it.

*Aligned.* The cells of the released notebook are *given*, some of them to be filled; all others are the student's own.
:mod:`autograder.notebook.alignment` finds the given cells, and puts the notebook together as it should be: the given
cells in their order, the released version where one was changed or is missing, and the student's cells in their places.
So a changed cell loses only its own points.

*Run.* The notebook as it should be is run once, beside the student's own module, in a process like every other run's
(:mod:`autograder.notebook.kernel`).

*Checked.* :mod:`autograder.notebook.checks` is a table of functions of the handed-in notebook and its run. They work in
a reader. The model that it trains is judged by its arrays, with ``model.py``, in the grader
(:mod:`autograder.notebook.grade`), which alone knows what is right. Saved outputs are compared with the run's
(:mod:`autograder.notebook.outputs`): a difference is a note with both values, and costs no points.

*Figures.* Pixels differ from machine to machine. A figure is judged by its data: axes, labels, and the numbers
drawn. :mod:`autograder.notebook.figure_metadata` takes them from matplotlib's own objects, in the run and in the
student's kernel, and puts them into the PNG itself.

What is *not* promised
----------------------

- Students can write saved outputs and counts by hand; that is more work than running the notebook.
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
