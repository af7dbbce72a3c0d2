"""The public Python API: open a course, grade a submission or a class.

Import these names from :mod:`autograder`. The command line is written with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.course.assignments import Assignment, read_course
from autograder.course.pages import CourseError
from autograder.course.problem import Problem


@dataclass(frozen=True)
class Course:
    """A course: the assignments in its folder ``solutions/``.

    Attributes
    ----------
    folder : Path
        The folder that holds ``solutions/``.
    assignments : tuple of Assignment
        By name.
    """

    folder: Path
    assignments: tuple[Assignment, ...]

    def problems(self, *names: str) -> tuple[Problem, ...]:
        """List the problems of the assignments with these names; without names, all problems.

        Raises
        ------
        CourseError
            If the course has no assignment of such a name.
        """
        known = [assignment.name for assignment in self.assignments]
        if unknown := set(names).difference(known):
            there = f"{self.folder / 'solutions'}; there are {', '.join(known)}"
            raise CourseError(f"no assignment {sorted(unknown)[0]} in {there}")
        chosen = (assignment for assignment in self.assignments if not names or assignment.name in names)
        return tuple(problem for assignment in chosen for problem in assignment.problems)


def open_course(folder: Path | str = ".") -> Course:
    """Read a course and check its settings; nothing is run.

    Parameters
    ----------
    folder : path
        The folder that holds ``solutions/``.

    Raises
    ------
    CourseError
        If the folder holds no course, or a file of it is wrong; the message names the file.
    """
    return Course(Path(folder), tuple(read_course(Path(folder))))
