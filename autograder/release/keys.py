"""The keys of a course, from which official inputs follow: writing new ones, and finding exposed ones in the history.

Whoever has a commit that holds a key and the release, in a clone, a fork or an archive, can compute the official
inputs.
"""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.course.assignments import seed_of_key
from autograder.course.problem import CourseError, source
from autograder.seed import LEAST_KEY_BYTES

KEY_BYTES = 32
# Larger files are not searched for keys: nobody writes one by hand.
MAX_BYTES = 1 << 25

_KEY = re.compile(r"""^[ \t]*key[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|[^\s#"']+)""", re.MULTILINE)
_DIGITS = re.compile(rb"[0-9a-fA-F]{%d,}" % (2 * LEAST_KEY_BYTES))


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
        Not shown in the record's ``repr``.
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


def read_key(path: Path) -> str | None:
    """Read the key in a file, in lower case; None where there is no usable one.

    Raises
    ------
    CourseError
        If the file can't be read, or is no TOML.
    """
    return _key_of(_parsed(source(path), path))


def renew(paths: Iterable[Path]) -> None:
    """Write a new key into each file in place of the old one; if one can't be changed, none is.

    Raises
    ------
    CourseError
        If a file can't be read, changed or written; the message names it.
    """
    changed = {path: with_key(source(path), secrets.token_hex(KEY_BYTES), path) for path in paths}
    for path, text in changed.items():
        real = path.resolve()
        new = real.with_name(f".{real.name}-new")
        try:
            new.touch(0o600)
            new.write_text(text, "utf-8")
            shutil.copymode(real, new)
            new.replace(real)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise CourseError(f"{path} can't be written: {error.strerror}; it is as it was") from None


def with_key(text: str, key: str, where: Path) -> str:
    """Return an ``assignment.toml`` with another key, all else unchanged; a first key becomes the first line.

    Raises
    ------
    CourseError
        If the text is no TOML, or its key doesn't stand on one line.
    """
    expected = _parsed(text, where) | {"key": key}
    old = _KEY.search(text)
    changed = f'{text[: old.start(1)]}"{key}"{text[old.end(1) :]}' if old else f'key = "{key}"\n{text}'
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(changed) == expected:
            return changed
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
    commits: dict[str, tuple[set[str], set[str]]] = {}
    entries: set[tuple[str, str]] = set()
    for commit in _git(course, "rev-list", "--all", "--reverse").decode().split():
        files = [*_files(course, commit)]
        entries |= {(blob, path.parent.name) for blob, path in files if path.name == "assignment.toml"}
        released = {above.name for _, path in files for above in path.parents if above.parent.name == "assignments"}
        commits[commit] = {blob for blob, _ in files}, released
    keys = {name: {key} for name, key in present.items()}
    held: dict[str, set[str]] = {}
    for blob, content in _contents(course, {blob for blobs, _ in commits.values() for blob in blobs}):
        held[blob] = {digits.decode().lower() for digits in _DIGITS.findall(content)}
        for name in [name for entry, name in entries if entry == blob]:
            with suppress(ValueError):
                if key := _key_of(tomllib.loads(content.decode())):
                    keys.setdefault(name, set()).add(key)
    exposed: dict[tuple[str, str], list[str]] = {}
    for commit, (blobs, released) in commits.items():
        there = {key for blob in blobs for key in held[blob]}
        for name in sorted(released & keys.keys()):
            for key in sorted(there & keys[name]):
                exposed.setdefault((name, key), []).append(commit)
    return History(tuple(Exposed(name, where[0], len(where), key) for (name, key), where in exposed.items()), whole)


def _files(course: Path, commit: str) -> Iterator[tuple[str, PurePosixPath]]:
    for line in _git(course, "ls-tree", "-r", "-z", "--full-tree", commit).decode(errors="replace").split("\0"):
        kind, _, path = line.partition("\t")
        if " blob " in kind:
            yield sys.intern(kind.split()[2]), PurePosixPath(path)


def _contents(course: Path, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the blobs with these names, each with its content; a large or missing one without content."""
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{name}\n" for name in blobs).encode())
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


def _key_of(entry: Mapping[str, Any]) -> str | None:
    try:
        seed_of_key(entry.get("key"))
    except ValueError:
        return None
    return str(entry["key"]).lower()


def _parsed(text: str, where: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{where}: {error}") from None
