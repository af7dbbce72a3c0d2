"""What a process that runs student code is told to do, as it goes through the channel."""

from __future__ import annotations

import base64
import functools
import io
import json
import marshal
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Protocol

# The name of a check page's code. Not a path, so that no student's file can be taken for it.
PAGE = "<checks.py>"

LENGTHS = struct.Struct("<IQ")


def compile_page(page: str) -> CodeType:
    """The code of a check page's text."""
    code: CodeType = compile(page, PAGE, "exec", dont_inherit=True)
    return code


def surroundings(folder: str) -> dict[str, str]:
    """What a run's environment says of who runs it: nobody in particular, at home in the run's own folder.

    The same in the official run and in a student's own. Without a name ``getpass.getuser`` looks for the user's number
    in a list of users, which a confined run is not in.
    """
    return {
        **dict.fromkeys(("USER", "LOGNAME", "USERNAME"), "student"),
        **dict.fromkeys(("HOME", "USERPROFILE"), folder),
    }


@functools.lru_cache
def compiled(page: str) -> str:
    """The code of a check page's text, as a job carries it."""
    return base64.b64encode(marshal.dumps(compile_page(page))).decode()


class Content(Protocol):
    """Bytes that are somewhere else than in memory, and are read part by part."""

    def __len__(self) -> int:
        """How many there are."""

    def parts(self) -> Iterable[bytes]:
        """All of them, in order."""


@dataclass(frozen=True)
class Job:
    """What one process is to do.

    Attributes
    ----------
    module : str
        The name of the student's module.
    page : str
        The text of the check page.
    given : tuple of str
        Names of the handed-out modules.
    allowed_imports : tuple of str
        Packages that student code may import, beside the standard library.
    draws : tuple of (str, int, int)
        Checks and draws, in order, with what each draw's inputs follow from. The run's seed is not told.
    data : mapping of str to str
        Paths of the files that students read as ``data/<name>``.
    limits : mapping of str to float
        The fields of :class:`autograder.worker.limits.Limits`.
    files : mapping of str to bytes or Content
        The submission's and the handed-out modules, laid out in the working directory.
    measured : bool
        What the functions are given is measured.
    compiled : str
        The check page once more, as this very Python's code, marshalled, in base 64: compiling takes longer than most
        checks. Empty where another Python reads the job.
    cells : tuple of (str, str)
        For a notebook, in place of a page and draws: what each cell is called, and its text.
    wanted : tuple of (str, int)
        For a notebook: expressions whose values are asked for, or ``file NAME`` for a file, each with the number of the
        cell after which it is looked for, from 0.
    seed : int
        For a notebook: what all generators begin with that it gives no seed, and the hashes.
    abroad : bool
        For a notebook: whether it is run as if on another machine, on another day.
    """

    module: str
    page: str
    given: tuple[str, ...]
    allowed_imports: tuple[str, ...]
    draws: tuple[tuple[str, int, int], ...]
    data: Mapping[str, str]
    limits: Mapping[str, float]
    files: Mapping[str, Any]
    measured: bool = False
    compiled: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    wanted: tuple[tuple[str, int], ...] = ()
    seed: int = 0
    abroad: bool = False

    def parts(self) -> Iterator[bytes]:
        """The job as one message, in parts."""
        yield from _parts(vars(self), self.files)

    @classmethod
    def of(cls, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> Job:
        """The job that has these fields, as JSON has them."""
        return cls(
            **{
                **fields,
                "given": tuple(fields["given"]),
                "allowed_imports": tuple(fields["allowed_imports"]),
                "draws": tuple((check, draw, entropy) for check, draw, entropy in fields["draws"]),
                "cells": tuple((label, source) for label, source in fields["cells"]),
                "wanted": tuple((what, after) for what, after in fields["wanted"]),
                "files": files,
            }
        )


@dataclass(frozen=True)
class Call:
    """A call of one of our own functions on bytes that a student has made, in a process that is confined as a run is.

    Attributes
    ----------
    function : str
        ``module:name``. The function is given the files, and what asks the grader
        (:class:`autograder.worker.reader.Grader`); it returns bytes, part by part.
    limits : mapping of str to float
        As of a :class:`Job`.
    files : mapping of str to bytes or Content
        What the function works on.
    """

    function: str
    limits: Mapping[str, float]
    files: Mapping[str, bytes | Content] = field(default_factory=dict)

    def parts(self) -> Iterator[bytes]:
        """The call as one message, in parts."""
        yield from _parts(vars(self), self.files)


def read_order(receive: Callable[[int], bytes]) -> Job | Call:
    """The job, or the call, in a stream whose ``receive(n)`` gives n bytes."""
    head, body = LENGTHS.unpack(receive(LENGTHS.size))
    fields = json.loads(receive(head))
    content = io.BytesIO(receive(body))
    files = {name: content.read(size) for name, size in fields["files"].items()}
    return Call(**{**fields, "files": files}) if "function" in fields else Job.of(fields, files)


def _parts(fields: Mapping[str, object], files: Mapping[str, bytes | Content]) -> Iterator[bytes]:
    """Two lengths, JSON, and the files."""
    sizes = {name: len(content) for name, content in files.items()}
    head = json.dumps({**fields, "files": sizes}).encode()
    yield LENGTHS.pack(len(head), sum(sizes.values())) + head
    for content in files.values():
        if isinstance(content, bytes):
            yield content
        else:
            yield from content.parts()
