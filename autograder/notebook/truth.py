"""Does the notebook tell the truth: are its saved outputs what the student's code gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.compare import Finding
from autograder.notebook.document import Output
from autograder.notebook.given import Step


def tells_the_truth(
    steps: Sequence[Step],
    rerun: Mapping[int, Sequence[Output]],
    again: Mapping[int, Sequence[Output]] | None = None,
) -> list[Finding]:
    """The cells whose saved outputs are not what the code gives; nothing if all are.

    Parameters
    ----------
    steps : sequence of Step
    rerun : mapping of int to sequence of Output
        What each step that ended well has shown in a run of ours, by its place in `steps`.
    again : mapping of int to sequence of Output, optional
        The same of a second run, whose global random generators began elsewhere. Worth making where the first run
        leaves a finding: where the two runs differ themselves, nothing is held against the student.
    """
    raise NotImplementedError
