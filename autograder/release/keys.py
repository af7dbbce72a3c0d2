"""The keys of a course, from which official inputs follow: new ones are written, exposed ones found in the history.

Whoever has a commit that holds a key and what students get, in a clone, a fork or an archive, can compute the official
inputs.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.course.assignments import seed_of_key
from autograder.course.pages import CourseError

KEY_BYTES = 32
# Larger files are not searched for keys: nobody writes one by hand.
MAX_BYTES = 1 << 25

_KEY = re.compile(r"""^[ \t]*key[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|[^\s#"']+)""", re.MULTILINE)
_TITLE = re.compile(r"^[ \t]*title[ \t]*=[^\r\n]*", re.MULTILINE)


class NoHistoryError(Exception):
    """There is no history to search; the message says why."""


@dataclass(frozen=True)
class Exposed:
    """A key of an assignment that was committed together with its release.

    Attributes
    ----------
    assignment : str
    commit : str
        The first such commit.
    commits : int
        The number of such commits.
    key : str
        Left out of the record's text.
    """

    assignment: str
    commit: str
    commits: int
    key: str = field(repr=False)


@dataclass(frozen=True)
class History:
    """The exposed keys in a repository's history, the oldest first; ``whole`` is false for a shallow clone."""

    exposed: tuple[Exposed, ...]
    whole: bool


@dataclass(frozen=True)
class _Commit:
    id: str
    objects: frozenset[str]
    released: frozenset[str]


def read_key(path: Path) -> str | None:
    """The key in a file, in small letters; None where there is none that can be used.

    Raises
    ------
    CourseError
        If the file can't be read, or is no TOML.
    """
    return _key_of(_parsed(_text(path), path))


def renew(paths: Iterable[Path]) -> None:
    """Write a new key into each file, in the place of its key; all of them, or none.

    Raises
    ------
    CourseError
        If a file can't be read, changed or written; the message names it.
    """
    changed = {path: with_key(_text(path), secrets.token_hex(KEY_BYTES), path) for path in paths}
    for path, text in changed.items():
        try:
            _replace(path.resolve(), text.encode())
        except OSError as error:
            raise CourseError(f"{path} can't be written: {error.strerror}; it is as it was") from None


def with_key(text: str, key: str, where: Path) -> str:
    """The text of an ``assignment.toml`` with another key; all else as it was, to the letter.

    Raises
    ------
    CourseError
        If the text is no TOML, or its key doesn't stand on one line.
    """
    expected = _parsed(text, where) | {"key": key}
    # A line that looks like the key may be within a text, or of another table: each place is tried.
    for candidate in _candidates(text, key):
        try:
            if tomllib.loads(candidate) == expected:
                return candidate
        except tomllib.TOMLDecodeError:
            continue
    raise CourseError(f"{where}: its `key` does not stand on one line; take it out, and say this again")


def history(course: Path, present: Mapping[str, str]) -> History:
    """Search all commits of all branches and tags of the repository that a course is in.

    Parameters
    ----------
    present : mapping of str to str
        The present keys, by assignment; they may be uncommitted. Those of earlier commits are found.

    Raises
    ------
    NoHistoryError
        If the course is in no repository, or git isn't there.
    """
    whole = _git(course, "rev-parse", "--is-shallow-repository").strip() != b"true"
    commits: list[_Commit] = []
    entries: set[tuple[str, str]] = set()
    for commit in _git(course, "rev-list", "--all", "--reverse").decode().split():
        files = list(_files(course, commit))
        entries |= {(name, path.parent.name) for name, path in files if path.name == "assignment.toml"}
        released = {path.parts[at + 1] for _, path in files for at in _places(path)}
        commits.append(_Commit(commit, frozenset(sys.intern(name) for name, _ in files), frozenset(released)))
    keys = {name: {key} for name, key in present.items()}
    found = {name: _key_in(content) for name, content in _contents(course, {name for name, _ in entries})}
    for name, assignment in entries:
        if key := found[name]:
            keys.setdefault(assignment, set()).add(key)
    if not any(keys.values()):
        return History((), whole)
    known = re.compile("|".join(sorted({key for held in keys.values() for key in held})).encode(), re.IGNORECASE)
    objects = sorted({name for commit in commits for name in commit.objects})
    held = {name: set(known.findall(content)) for name, content in _contents(course, objects)}
    exposed: dict[tuple[str, str], list[str]] = {}
    for each in commits:
        there = {key.decode().lower() for name in each.objects for key in held[name]}
        for assignment in sorted(each.released & keys.keys()):
            for key in sorted(there & keys[assignment]):
                exposed.setdefault((assignment, key), []).append(each.id)
    return History(tuple(Exposed(name, where[0], len(where), key) for (name, key), where in exposed.items()), whole)


def _files(course: Path, commit: str) -> Iterator[tuple[str, PurePosixPath]]:
    """The objects of a commit's files, with their paths."""
    for line in _git(course, "ls-tree", "-r", "-z", "--full-tree", commit).decode(errors="replace").split("\0"):
        kind, _, path = line.partition("\t")
        if " blob " in kind:
            yield kind.split()[2], PurePosixPath(path)


def _places(path: PurePosixPath) -> Iterator[int]:
    return (at for at, part in enumerate(path.parts[:-2]) if part == "assignments")


def _contents(course: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The objects with these names, each with its content; of a large one, no content."""
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{name}\n" for name in names).encode())
        asked.seek(0)
        words = ["git", "-C", str(course), "cat-file", "--batch"]
        with subprocess.Popen(words, stdin=asked, stdout=subprocess.PIPE) as git:  # noqa: S603
            assert git.stdout is not None  # noqa: S101  for mypy
            while head := git.stdout.readline().split():
                content = git.stdout.read(int(head[2])) if len(head) == 3 else b""
                git.stdout.read(1)
                yield head[0].decode(), content if len(content) <= MAX_BYTES else b""


def _git(course: Path, *words: str) -> bytes:
    try:
        said = subprocess.run(["git", "-C", str(course), *words], capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise NoHistoryError(f"git can't be started ({error.strerror})") from None
    if said.returncode:
        why = said.stderr.decode(errors="replace").strip().splitlines()
        raise NoHistoryError(why[-1] if why else f"git ended with {said.returncode}")
    return said.stdout


def _key_in(content: bytes) -> str | None:
    """The key of an ``assignment.toml`` of some time."""
    try:
        return _key_of(tomllib.loads(content.decode()))
    except ValueError:
        return None


def _key_of(entry: Mapping[str, Any]) -> str | None:
    try:
        seed_of_key(entry.get("key"))
    except ValueError:
        return None
    return str(entry["key"]).lower()


def _candidates(text: str, key: str) -> Iterator[str]:
    for match in _KEY.finditer(text):
        yield f'{text[: match.start(1)]}"{key}"{text[match.end(1) :]}'
    newline = "\r\n" if "\r\n" in text else "\n"
    for match in _TITLE.finditer(text):
        yield f'{text[: match.end()]}{newline}key = "{key}"{text[match.end() :]}'
    yield f'key = "{key}"{newline}{text}'


def _text(path: Path) -> str:
    # As bytes, so that line ends stay as they are.
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CourseError(f"{path}: {error}") from None


def _parsed(text: str, where: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{where}: {error}") from None


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole or not at all; its permissions stay."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            shutil.copymode(path, file.name)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
