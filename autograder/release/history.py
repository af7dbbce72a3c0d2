"""The history of a course's repository: which keys stand in a commit that holds their assignment's release, too.

Whoever has such a commit, in a clone, a fork or an archive, has what students get, and can compute the official inputs.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from autograder.release.keys import key_of

# No file that somebody writes is larger, and no key is looked for in it.
MOST_BYTES = 1 << 25

_TREE, _SUBMODULE = b"40000", b"160000"


class NoHistoryError(Exception):
    """There is no history to look through; the message says why."""


@dataclass(frozen=True)
class Exposed:
    """A key of an assignment that was committed together with its release.

    Attributes
    ----------
    assignment : str
    commit : str
        The first such commit.
    commits : int
        How many there are.
    key : str
        Which no text of this holds.
    """

    assignment: str
    commit: str
    commits: int
    key: str = field(repr=False)


@dataclass(frozen=True)
class History:
    """The keys in a repository's history.

    Attributes
    ----------
    exposed : tuple of Exposed
        The oldest first.
    whole : bool
        Whether all of the history is here, and not the last commits alone.
    """

    exposed: tuple[Exposed, ...]
    whole: bool


def history(course: Path, present: Mapping[str, str]) -> History:
    """Look through all commits of all branches and tags of the repository that a course is in.

    Parameters
    ----------
    present : mapping of str to str
        The keys that are there now, by assignment; they may be uncommitted. Those of earlier commits are found.

    Raises
    ------
    NoHistoryError
        If the course is in no repository, or git isn't there.
    """
    shallow = _git(course, "rev-parse", "--is-shallow-repository").strip() == "true"
    listed = _git(course, "rev-list", "--all", "--reverse", "--format=%H %T").splitlines()
    commits = [line.split() for line in listed if not line.startswith("commit ")]
    with _Objects(course) as objects:
        holders = {name: {key} for name, key in present.items()}
        seen: set[tuple[str, str]] = set()
        for _, tree in commits:
            for name, key in objects.keys(tree, "", seen):
                holders.setdefault(name, set()).add(key)
        if not any(holders.values()):
            return History((), not shallow)
        objects.look_for(key for keys in holders.values() for key in keys)
        found: dict[tuple[str, str], list[str]] = {}
        for commit, tree in commits:
            held = objects.held(tree)
            for name in held.released & holders.keys():
                for key in held.keys & holders[name]:
                    found.setdefault((name, key), []).append(commit)
    return History(tuple(Exposed(name, where[0], len(where), key) for (name, key), where in found.items()), not shallow)


@dataclass(frozen=True)
class _Held:
    """Of a tree: the keys in its files, and the assignments whose release it holds."""

    keys: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()


class _Objects:
    """A repository's objects, each read once; by one process for all."""

    def __init__(self, course: Path) -> None:
        self._git = subprocess.Popen(  # noqa: S603
            ["git", "-C", str(course), "cat-file", "--batch"],  # noqa: S607  the user's own
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._ask: IO[bytes] = self._git.stdin  # type: ignore[assignment]  # pipes, both
        self._said: IO[bytes] = self._git.stdout  # type: ignore[assignment]
        self._trees: dict[str, list[tuple[bytes, str, str]]] = {}
        self._held: dict[str, _Held] = {}
        self._keys = re.compile(b"(?!)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._git.kill()
        self._git.communicate()

    def keys(self, tree: str, name: str, seen: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """The keys of the ``assignment.toml`` below a tree of this name, each with its assignment's name."""
        if (tree, name) in seen:
            return
        seen.add((tree, name))
        for mode, entry, what in self._entries(tree):
            if mode == _TREE:
                yield from self.keys(what, entry, seen)
            elif entry == "assignment.toml" and (key := _key_in(self._read(what))):
                yield name, key

    def look_for(self, keys: Iterable[str]) -> None:
        """Say which keys are meant from now on."""
        self._keys = re.compile(b"|".join(re.escape(key.encode()) for key in sorted(set(keys))), re.IGNORECASE)

    def held(self, tree: str) -> _Held:
        """The entries of a tree."""
        if tree not in self._held:
            keys: set[str] = set()
            released: set[str] = set()
            for mode, entry, what in self._entries(tree):
                if mode == _TREE:
                    below = self.held(what)
                    keys |= below.keys
                    released |= below.released
                    if entry == "assignments":
                        released |= {name for kind, name, _ in self._entries(what) if kind == _TREE}
                elif mode != _SUBMODULE:
                    keys |= self._in_file(what)
            self._held[tree] = _Held(frozenset(keys), frozenset(released))
        return self._held[tree]

    def _in_file(self, what: str) -> frozenset[str]:
        if what not in self._held:
            found = {key.decode().lower() for key in self._keys.findall(self._read(what))}
            self._held[what] = _Held(frozenset(found))
        return self._held[what].keys

    def _entries(self, tree: str) -> list[tuple[bytes, str, str]]:
        """Mode, name and object of each entry of a tree."""
        if tree not in self._trees:
            content, size = self._read(tree), len(tree) // 2
            found, at = [], 0
            while at < len(content):
                end = content.index(b"\0", at)
                mode, _, name = content[at:end].partition(b" ")
                at = end + 1 + size
                found.append((mode, name.decode(errors="replace"), content[end + 1 : at].hex()))
            self._trees[tree] = found
        return self._trees[tree]

    def _read(self, what: str) -> bytes:
        """An object's content; nothing of one that isn't here, or is larger than what is looked through."""
        self._ask.write(f"{what}\n".encode())
        self._ask.flush()
        head = self._said.readline().split()
        if len(head) != 3:
            return b""
        left, parts = int(head[2]), []
        kept = left <= MOST_BYTES
        while left > 0 and (part := self._said.read(min(left, 1 << 20))):
            left -= len(part)
            parts += [part] * kept
        self._said.read(1)
        return b"".join(parts)


def _key_in(content: bytes) -> str | None:
    """The key of an ``assignment.toml`` of some time."""
    try:
        return key_of(tomllib.loads(content.decode()))
    except ValueError:
        return None


def _git(course: Path, *words: str) -> str:
    """The output of git about the repository that a course is in."""
    try:
        said = subprocess.run(["git", "-C", str(course), *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise NoHistoryError(f"git can't be started ({error.strerror})") from None
    if said.returncode:
        why = said.stderr.strip().splitlines()
        raise NoHistoryError(why[-1] if why else f"git ended with {said.returncode}")
    return said.stdout
