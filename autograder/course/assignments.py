"""Assignments and courses, read from their folders.

The same reader serves ``solutions/<assignment>`` (staff) and ``assignments/<assignment>/checks`` (released): the
second has no references and no specimens, and no key.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from autograder.course.problem import CourseError, Problem, ProblemFiles, load_page, new_key
from autograder.seed import Seed
from autograder.worker.job import Limits


class ProblemEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[problems]]`` table of ``assignment.toml``."""

    name: str
    title: str
    points: float
    notebook_points: float = 0.0
    limits: dict[str, int | float] = {}


class AssignmentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``assignment.toml``, as written.

    A release has a ``name``, since students may rename its folder, and no ``key``. ``python`` is the version that
    grades, as ``3.11``.
    """

    title: str
    problems: tuple[ProblemEntry, ...]
    allowed_imports: tuple[str, ...] = ("numpy",)
    preload: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    key: Any = None
    name: str = ""
    python: str = ""
    quota: int | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Assignment:
    """A folder of problems, in the order students see them."""

    name: str
    folder: Path
    problems: tuple[Problem, ...]
    entry: AssignmentEntry


def read_assignment(folder: Path, name: str, data: Path, only: Collection[str] | None = None) -> Assignment:
    """Read the assignment in a folder, and load the pages of its problems, or of these ``only``.

    CourseError if ``assignment.toml`` is missing or malformed, names a missing file, or a page can't be loaded.

    Parameters
    ----------
    name : str
        The assignment's name, if its entry has none.
    data : Path
        The folder of the data files that the entry names.
    """
    folder, data = folder.resolve(), data.resolve()
    path = folder / "assignment.toml"
    try:
        entry = msgspec.toml.decode(path.read_bytes(), type=AssignmentEntry)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} can't be read: {error}") from None
    name = entry.name or name
    try:
        official = None if entry.key is None else seed_of_key(entry.key)
    except ValueError as error:
        raise CourseError(f"{path}: `key` is {error}; {new_key(path)}") from None
    entry = msgspec.structs.replace(entry, key=None)
    for file in entry.data:
        if not (data / file).is_file():
            raise CourseError(f"{path} names the data file {file}; there is no {data / file}")
    if entry.python and not re.fullmatch(r"3\.\d+", entry.python):
        raise CourseError(f"{path}: `python` is {entry.python!r}; expected the version that grades, as 3.11")
    names = [item.name for item in entry.problems]
    if len(set(names)) != len(names) or not names:
        raise CourseError(f"{path} names the problems {', '.join(names) or 'none'}; name at least one, and none twice")
    for item in entry.problems:
        page = folder / item.name / "checks.py"
        if not (item.name.isascii() and item.name.isidentifier() and page.is_file()):
            raise CourseError(f"{path} names the problem {item.name!r}; expected a module's name, and the file {page}")
    given = tuple(sorted((folder / "given").glob("*.py")))
    problems = tuple(
        Problem(
            assignment=name,
            name=item.name,
            title=item.title,
            points=item.points,
            allowed_imports=entry.allowed_imports,
            preload=tuple(dict.fromkeys((*entry.allowed_imports, *entry.preload))),
            limits=_limits(item, path),
            official=official,
            notebook_points=item.notebook_points,
            python=entry.python,
            files=ProblemFiles(folder / item.name, given, {file: data / file for file in entry.data}),
            page=load_page(folder / item.name, given, item.points),
        )
        for item in entry.problems
        if only is None or item.name in only
    )
    return Assignment(name, folder, problems, entry)


def read_course(course: Path) -> tuple[Assignment, ...]:
    """Read all assignments of a course; CourseError if there is none, one is malformed, or two have the same key."""
    paths = assignment_files(course)
    assignments = [read_assignment(path.parent, name, course / "data") for name, path in paths.items()]
    holders: dict[Seed, str] = {}
    for assignment in assignments:
        key, path = assignment.problems[0].official, assignment.folder / "assignment.toml"
        if key is not None and (other := holders.setdefault(key, assignment.name)) != assignment.name:
            raise CourseError(f"{path} has the `key` of {other}; each needs its own: {new_key(path)}")
    return tuple(assignments)


def assignment_files(course: Path, names: Collection[str] = ()) -> dict[str, Path]:
    """Map the names of a course's assignments, these or all, to their ``assignment.toml``; none is read.

    CourseError if there is none, or none of a name.
    """
    there = {path.parent.name: path for path in sorted((course / "solutions").glob("*/assignment.toml"))}
    if not there:
        raise CourseError(f"{course} is no course: it holds no solutions/*/assignment.toml; use --course DIR")
    if unknown := sorted(set(names) - there.keys()):
        raise CourseError(f"no assignment {unknown[0]} in {course / 'solutions'}; there are {', '.join(there)}")
    return {name: path for name, path in there.items() if name in (names or there)}


def seed_of_key(key: object) -> Seed:
    """Make the seed of an assignment with this ``key``; ValueError, which does not hold it, if it is none."""
    try:
        secret = bytes.fromhex(key)  # type: ignore[arg-type]  # anything may stand there
    except (TypeError, ValueError):
        raise ValueError("no text of hexadecimal digits") from None
    return Seed.secret(secret)


def _limits(entry: ProblemEntry, path: Path) -> Limits:
    try:
        Limits(**entry.limits)  # type: ignore[arg-type]  # refuses a misspelt limit, which the decoder ignores
        return msgspec.convert(entry.limits, Limits)
    except (TypeError, msgspec.ValidationError) as error:
        raise CourseError(f"{path}: the limits of {entry.name}: {error}") from None
