"""Assignments and courses, read from their folders.

The same reader serves ``solutions/<assignment>`` (staff) and ``assignments/<assignment>/checks`` (released): the
second has no references and no specimens, and no key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from autograder.course.pages import CourseError
from autograder.course.problem import Problem
from autograder.seed import Seed
from autograder.worker.limits import Limits

_SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class ProblemEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[problems]]`` table of ``assignment.toml``."""

    name: str
    title: str
    points: float
    notebook_points: float = 0.0
    limits: dict[str, int | float] = {}


class AssignmentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``assignment.toml``, as written.

    ``name`` stands in a release, whose folder students may rename. ``key`` stands in no release, and in no entry that
    was read: the problems have it. ``seed`` is what stood in its place once.
    """

    title: str
    problems: tuple[ProblemEntry, ...]
    allowed_imports: tuple[str, ...] = ("numpy",)
    preload: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    key: Any = None
    seed: Any = None
    name: str = ""
    quota: int | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Assignment:
    """A folder of problems, in the order students see them."""

    name: str
    title: str
    folder: Path
    problems: tuple[Problem, ...]
    entry: AssignmentEntry


def read_assignment(folder: Path, name: str, data: Path) -> Assignment:
    """The assignment in ``folder``, whose students read ``data/<name>`` out of the folder ``data``.

    Raises
    ------
    CourseError
        If ``assignment.toml`` is missing or malformed, or names what isn't there.
    """
    folder, data = folder.resolve(), data.resolve()
    path = folder / "assignment.toml"
    try:
        entry = msgspec.toml.decode(path.read_bytes(), type=AssignmentEntry)
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: {error}") from None
    name = entry.name or name
    official = _official(entry, path)
    entry = msgspec.structs.replace(entry, key=None)
    for file in entry.data:
        if not (data / file).is_file():
            raise CourseError(f"{path} names the data file {file}; there is no {data / file}")
    names = [item.name for item in entry.problems]
    if len(set(names)) != len(names) or not names:
        raise CourseError(f"{path} names the problems {', '.join(names) or 'none'}; name at least one, and none twice")
    given = tuple(sorted((folder / "given").glob("*.py")))
    problems = []
    for item in entry.problems:
        if not _SAFE_NAME.match(item.name):
            raise CourseError(f"{path}: {item.name!r} can't be a problem's name; use a Python module's name")
        if not (folder / item.name / "checks.py").is_file():
            raise CourseError(f"{path} names the problem {item.name}; there is no {folder / item.name / 'checks.py'}")
        problems.append(
            Problem(
                assignment=name,
                name=item.name,
                title=item.title,
                points=item.points,
                folder=folder / item.name,
                given=given,
                data={file: data / file for file in entry.data},
                allowed_imports=entry.allowed_imports,
                preload=tuple(dict.fromkeys((*entry.allowed_imports, *entry.preload))),
                limits=_limits(item, path),
                official=official,
                notebook_points=item.notebook_points,
            )
        )
    return Assignment(name, entry.title, folder, tuple(problems), entry)


def read_course(course: Path) -> tuple[Assignment, ...]:
    """All assignments of a course: the folders of ``course/solutions`` that hold an ``assignment.toml``.

    Raises
    ------
    CourseError
        If there is no such folder, an assignment is malformed, or two have the same key.
    """
    paths = sorted((course / "solutions").glob("*/assignment.toml"))
    if not paths:
        raise CourseError(
            f"{course} is no course: it holds no solutions/<assignment>/assignment.toml; use --course DIR"
        )
    assignments = tuple(read_assignment(path.parent, path.parent.name, course / "data") for path in paths)
    holders: dict[Seed, str] = {}
    for assignment in assignments:
        key, path = assignment.problems[0].official, assignment.folder / "assignment.toml"
        if key is not None and (other := holders.setdefault(key, assignment.name)) != assignment.name:
            raise CourseError(f"{path} has the `key` of {other}; each needs its own: {_new_key(path)}")
    return assignments


def _official(entry: AssignmentEntry, path: Path) -> Seed | None:
    """The seed that the entry's key is; what is said of a wrong one doesn't hold it."""
    if entry.seed is not None:
        raise CourseError(
            f"{path} has a `seed`: a number can be found out by trying, and is used no more; {_new_key(path)}"
        )
    if entry.key is None:
        return None
    try:
        key = bytes.fromhex(entry.key)
    except (TypeError, ValueError):
        raise CourseError(f"{path}: `key` is no text of hexadecimal digits; {_new_key(path)}") from None
    try:
        return Seed.secret(key)
    except ValueError as error:
        raise CourseError(f"{path}: `key` is {error}; {_new_key(path)}") from None


def _new_key(path: Path) -> str:
    return f"say `autograder new-term --assignment {path.parent.name}`, which writes a new key there"


def _limits(entry: ProblemEntry, path: Path) -> Limits:
    # Not left to the decoder: it passes over a dataclass's unknown fields, and a misspelt limit would be none.
    known = [field.name for field in fields(Limits)]
    if unknown := entry.limits.keys() - set(known):
        raise CourseError(f"{path}: {entry.name} sets the limit `{min(unknown)}`; there are {', '.join(known)}")
    try:
        return msgspec.convert(entry.limits, Limits)
    except msgspec.ValidationError as error:
        raise CourseError(f"{path}: the limits of {entry.name}: {error}") from None
