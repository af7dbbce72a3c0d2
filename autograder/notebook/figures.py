"""What figures show, as plain data: read from pictures, compared, and held against what they must show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.compare import Finding
from autograder.notebook.document import Output
from autograder.notebook.given import Step


@dataclass(frozen=True)
class Wanted:
    """A figure that a problem's notebook must have, as ``figures.toml`` beside ``notebook.py`` asks for it."""

    about: str


def wanted_figures(path: Path) -> tuple[Wanted, ...]:
    """The figures that a problem asks for; none where there is no such file.

    Raises
    ------
    CourseError
        If the file is wrong.
    """
    raise NotImplementedError


def has_its_figures(
    wanted: Sequence[Wanted],
    steps: Sequence[Step],
    rerun: Mapping[int, Sequence[Output]],
    files: Mapping[str, bytes],
) -> list[Finding]:
    """The wanted figures that are missing, or don't show what they must.

    Parameters
    ----------
    wanted : sequence of Wanted
    steps : sequence of Step
    rerun : mapping of int to sequence of Output
        What each step that ended well has shown in a run of ours, by its place in `steps`; pictures with what they
        show in them (:mod:`autograder.notebook.drawn`).
    files : mapping of str to bytes
        The pictures that the run has written into its folder, by name.
    """
    raise NotImplementedError
