"""Graded notebooks.

Theory of operation
===================

A student hands in a module and the notebook it was written with. The notebook is judged apart from the module, by what
can be seen of it at two moments: as it was saved, and as it shows itself when it is run once more.

*As saved* it is bytes from a stranger. :mod:`autograder.notebook.ipynb` makes frozen records of them, in bounds, or
says in one sentence why they are no notebook. No code of it is run to read it.

*Given and yours.* The released notebook is the measure: its cells are *given*, but for those that are to be filled, and
all that a student adds is the student's own. :mod:`autograder.notebook.alignment` finds the given cells again, by
a key in their metadata, by their id, or by what they hold. What is missing, changed or elsewhere is named.
Judging goes on with the notebook as it should be: the given cells in their order, ours where one was changed or
is gone, and the student's where they stand. So a cell that was deleted earns nothing, and costs itself alone. What a
changed one shows is held against the student's version of it, in one more run (:mod:`autograder.notebook.retrial`).

*Was it run?* :mod:`autograder.notebook.history` reads the counts and outputs that were saved.

*Is it true?* The notebook as it should be is executed, in a run like every other (:mod:`autograder.sandbox.observe`),
beside the student's own module. :mod:`autograder.notebook.truth` compares what was saved with what came out, cell by
cell. No expected value is involved: the student's notebook is held against the student's code. Therefore nothing that
is told of a difference gives an answer away, and a mistake in the module, which the module's own checks have told, is
no lie here: a notebook that shows the wrong numbers which its code gives tells the truth. Before a cell is said to be
stale, the notebook is run again, and as if on another machine (:mod:`autograder.notebook.abroad`): what is the same in
all runs must have been shown.

*Figures.* Pixels differ from machine to machine, and say little. What a figure shows is plain data: axes, labels, and
the numbers drawn. :mod:`autograder.notebook.figure_metadata` takes them from matplotlib's own objects, both in the run
and in the student's kernel, where they are put into the picture itself, as text that a PNG may carry. So a saved
picture can be held against the one that the code draws now (:mod:`autograder.notebook.figures`). A picture without them
was not made by the given notebook's own import of `autograder`; of such a one only presence is judged.

What each module sees
---------------------

``drawn`` runs beside student code, and in students' own kernels; ``shell``, ``interpreter``, ``outputs``,
``elsewhere``, ``abroad``, ``clock`` and ``chance`` beside student code. They know no other module of this room. All
others run in the grader, on values that students may have made to trip them up: but for ``execution`` and ``retrial``
they are pure functions of records, do their work in bounds, and raise nothing because of a notebook but
:class:`autograder.notebook.ipynb.UnreadableError`.

What is *not* promised
----------------------

- Saved outputs and counts are the student's to write. A notebook that was edited by hand to show what its code gives
  passes; so does one that was really run. The difference is worth nobody's while.
- What a cell shows in the run is the student's code's to say, whatever it computes. So that a notebook runs, and what
  it draws, counts only with outputs that were saved of it, or with a model that is good by its arrays.
- A figure's data can be taken out of the picture. Then its presence is judged, no more.
- What several runs of ours show differently is not compared. Numbers are left open one by one; of a list that goes
  otherwise on another machine, all from its first line to its last, and with it what is printed between two such lists
  in one cell (:mod:`autograder.notebook.steady`).
- A cell that shows something else with another seed, where it drew without one, may show anything: what is the same in
  two runs, and not in the saved one, may be so by chance. So a stale number beside one that is drawn is not seen.
- A word that a time decides ("slower") may be the same in all runs of ours, and another one where it was saved.
- What fails in a further run alone, or has no time there, is held against nobody.
- A cell that starts another program, asks for help or goes to another folder may show more than its code gives; one
  that calls `show_versions`, anything.
- Sets of few words may come in the same order in both runs, and in another one where they were saved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def load_kernel() -> Callable[..., Any]:
    """Load what runs a notebook's cells, where they are run: nothing else of the engine needs it in memory."""
    import matplotlib.pyplot  # noqa: F401, ICN001, PLC0415

    from autograder.notebook.kernel import run  # noqa: PLC0415

    return run
