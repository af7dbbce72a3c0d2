"""Was the notebook run: every cell, in order, from a fresh kernel, and its outputs kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.compare import Finding
from autograder.notebook.document import Notebook, Output
from autograder.notebook.given import Step


def was_run(
    handed_in: Notebook, steps: Sequence[Step] = (), rerun: Mapping[int, Sequence[Output]] | None = None
) -> list[Finding]:
    """What shows that the notebook was not run as a whole; nothing if it was.

    Parameters
    ----------
    handed_in : Notebook
    steps : sequence of Step, optional
        The notebook as it should be; with `rerun`, it tells which cells must show something.
    rerun : mapping of int to sequence of Output, optional
        What each step that ended well has shown in a run of ours, by its place in `steps`.
    """
    raise NotImplementedError
