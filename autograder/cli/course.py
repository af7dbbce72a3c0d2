"""What several commands share: which course, which of its problems, and where they write to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.course.problem import Problem

# Of what is written to a file or a pipe, where nobody says how wide it is.
LOG_WIDTH = 160

COURSE = click.option(
    "--course",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder that holds solutions/; the working directory by default.",
)


def problems_of(course: Path, names: Iterable[str] = ()) -> tuple[Problem, ...]:
    """The problems of a course's assignments of these names; without names, of all."""
    from autograder.course.assignments import read_course
    from autograder.course.pages import CourseError

    found = read_course(course)
    wanted = set(names)
    if unknown := wanted - {assignment.name for assignment in found}:
        there = ", ".join(assignment.name for assignment in found)
        raise CourseError(f"no assignment {sorted(unknown)[0]} in {course / 'solutions'}; there are {there}")
    chosen = [assignment for assignment in found if not wanted or assignment.name in wanted]
    return tuple(problem for assignment in chosen for problem in assignment.problems)


def screen() -> Console:
    """The terminal, or what stands for one."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=LOG_WIDTH, soft_wrap=True)
