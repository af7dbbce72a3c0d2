"""The keys of a course, from which official inputs follow: written anew, the rest of each ``assignment.toml`` kept."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.course.pages import CourseError
from autograder.seed import Seed

# Twice what nobody goes through.
KEY_BYTES = 32

_VALUE = r"""[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|[^\s#"']+)"""
_KEY = re.compile(rf"^[ \t]*key{_VALUE}", re.MULTILINE)
_SEED = re.compile(rf"^[ \t]*(?P<name>seed){_VALUE}", re.MULTILINE)
_TITLE = re.compile(r"^[ \t]*title[ \t]*=[^\r\n]*", re.MULTILINE)


def entries(course: Path, names: Iterable[str] = ()) -> dict[str, Path]:
    """The ``assignment.toml`` of a course's assignments of these names, or of all, by name; whatever is in them.

    Raises
    ------
    CourseError
        If there is none, or none of a name.
    """
    there = {path.parent.name: path for path in sorted((course / "solutions").glob("*/assignment.toml"))}
    if not there:
        raise CourseError(
            f"{course} is no course: it holds no solutions/<assignment>/assignment.toml; use --course DIR"
        )
    wanted = list(names) or list(there)
    if unknown := sorted(set(wanted) - there.keys()):
        raise CourseError(f"no assignment {unknown[0]} in {course / 'solutions'}; there are {', '.join(there)}")
    return {name: path for name, path in there.items() if name in wanted}


def read_key(path: Path) -> str | None:
    """The key in a file.

    Raises
    ------
    CourseError
        If the file can't be read, or is no TOML.
    """
    return key_of(_read(_text(path), path))


def key_of(entry: Mapping[str, Any]) -> str | None:
    """The key of an assignment, in small letters; None where there is none that can be used."""
    try:
        Seed.secret(bytes.fromhex(entry["key"]))
    except (KeyError, TypeError, ValueError):
        return None
    return str(entry["key"]).lower()


def renew(paths: Iterable[Path]) -> None:
    """Write a new key into each file, in the place of its key or its ``seed``; all of them, or none.

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
    """The text of an ``assignment.toml`` with a key, and without a ``seed``; all else as it was, to the letter.

    Raises
    ------
    CourseError
        If the text is no TOML, or its key stands where it can't be found.
    """
    before = _read(text, where)
    if "key" in before and "seed" in before:
        text = _first(_without(text, _SEED), {name: one for name, one in before.items() if name != "seed"}, where)
    wanted = {name: one for name, one in before.items() if name != "seed"} | {"key": key}
    return _first(_candidates(text, key), wanted, where)


def _candidates(text: str, key: str) -> Iterator[str]:
    """The text with the key in one place after the other, where it may belong."""
    line = f'key = "{key}"'
    for pattern in (_KEY, _SEED):
        for match in pattern.finditer(text):
            begin, end = match.span(match.lastindex or 0)
            head = match[0][: begin - match.start()]
            name = "seed" if pattern is _SEED else "key"
            yield f'{text[: match.start()]}{head.replace(name, "key", 1)}"{key}"{text[end:]}'
    newline = "\r\n" if "\r\n" in text else "\n"
    for match in _TITLE.finditer(text):
        yield f"{text[: match.end()]}{newline}{line}{text[match.end() :]}"
    yield f"{line}{newline}{text}"


def _without(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """The text without one line after the other that begins like this."""
    for match in pattern.finditer(text):
        end = text.find("\n", match.end())
        yield text[: match.start()] + ("" if end < 0 else text[end + 1 :])


def _first(candidates: Iterable[str], wanted: Mapping[str, Any], where: Path) -> str:
    """The first text that says this: a line that looks like a key may be within a text, or another table's."""
    for text in candidates:
        try:
            if tomllib.loads(text) == wanted:
                return text
        except tomllib.TOMLDecodeError:
            continue
    raise CourseError(f"{where}: its `key` or `seed` does not stand on one line; take it out, and say this again")


def _text(path: Path) -> str:
    # As bytes, so that line ends stay what they are.
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CourseError(f"{path}: {error}") from None


def _read(text: str, where: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{where}: {error}") from None


def _replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another, whole or not at all, with its rights."""
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
