"""The keys of a course, from which official inputs follow: writing new ones, and finding exposed ones in the history.

Whoever has a commit that holds a key and the release, in a clone, a fork or an archive, can compute the official
inputs.
"""

from __future__ import annotations

import re
import secrets
import subprocess
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.course.assignments import seed_of_key
from autograder.course.problem import CourseError, source

KEY_BYTES = 32

_KEY = re.compile(r"""^[ \t]*key[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|[^\s#"']+)""", re.MULTILINE)


class NoHistoryError(Exception):
    """There is no history to search; the message says why."""


@dataclass(frozen=True)
class Exposed:
    """A key of an assignment that was committed together with its release; these commits, the oldest first."""

    assignment: str
    key: str = field(repr=False)
    commits: tuple[str, ...]


def read_key(path: Path) -> str | None:
    """Read the key in a file, in lower case; None where there is no usable one."""
    return _key_in(source(path))


def renew(paths: Iterable[Path]) -> None:
    """Write a new key into each file in place of the old one; if one can't be changed, CourseError, and none is."""
    for path, text in {path: with_key(source(path), secrets.token_hex(KEY_BYTES), path) for path in paths}.items():
        try:
            path.write_text(text, "utf-8")
        except OSError as error:
            raise CourseError(f"{path} can't be written: {error.strerror}") from None


def with_key(text: str, key: str, where: Path) -> str:
    """Return an ``assignment.toml`` with another key, all else unchanged; a first key becomes the first line.

    CourseError if the text is no TOML, or its key doesn't stand on one line.
    """
    try:
        expected = tomllib.loads(text) | {"key": key}
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{where}: {error}") from None
    old = _KEY.search(text)
    changed = f'{text[: old.start(1)]}"{key}"{text[old.end(1) :]}' if old else f'key = "{key}"\n{text}'
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(changed) == expected:
            return changed
    raise CourseError(f"{where}: its `key` does not stand on one line; take it out, and say this again")


def history(course: Path) -> list[Exposed]:
    """Search all commits of all branches and tags of the repository that a course is in."""
    commits = _git(course, "rev-list", "--all", "--reverse").split()
    held: list[tuple[str, PurePosixPath, str]] = []
    if commits:  # without one, git would search the files
        entries = ":(top,glob)**/solutions/*/assignment.toml"
        lines = _git(
            course, "grep", "-z", "--full-name", "-E", "-e", "^[ \t]*key", *commits, "--", entries
        ).splitlines()
        for line in lines:
            place, _, text = line.partition("\0")
            commit, _, name = place.partition(":")
            if key := _key_in(text):
                held.append((commit, PurePosixPath(name), key))
    released = "".join(f"{commit}:{path.parents[2] / 'assignments' / path.parent.name}\n" for commit, path, _ in held)
    exposed: dict[tuple[str, str], list[str]] = {}
    kinds = _git(course, "cat-file", "--batch-check", said=released).splitlines()
    for (commit, path, key), kind in zip(held, kinds, strict=True):
        if not kind.endswith(" missing"):
            exposed.setdefault((path.parent.name, key), []).append(commit)
    return [Exposed(name, key, tuple(where)) for (name, key), where in exposed.items()]


def _git(course: Path, *words: str, said: str = "") -> str:
    command = ["git", "-C", str(course), *words]
    try:
        done = subprocess.run(command, input=said.encode(), capture_output=True, check=False)  # noqa: S603
    except OSError as error:
        raise NoHistoryError(f"git can't be started ({error.strerror})") from None
    if done.returncode and (why := done.stderr.decode(errors="replace").strip().splitlines()):
        raise NoHistoryError(why[-1])
    return done.stdout.decode(errors="replace")


def _key_in(text: str) -> str | None:
    with suppress(ValueError):
        if found := _KEY.search(text):
            key = found[1].strip("\"'").lower()
            seed_of_key(key)
            return key
    return None
