"""The jobs of a confined process, and their limits: a module's probes, a notebook's cells, or a call of our own."""

from __future__ import annotations

import base64
import functools
import io
import json
import marshal
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import CodeType
from typing import Any, Protocol, cast

# The name of a check page's code. Not a path, so that no student's file can be taken for it.
PAGE = "<checks.py>"
# Packages whose functions may be an entry point.
TRUSTED = ("autograder",)
# The first marks a file among the wants of a notebook's job; the second an expression among the values of its answer.
FILE, ANSWER = "file ", "= "

# A run's time is charged in windows, so many in each limit. In these shares of a window, a run that used less CPU time
# slept, and one that used more had the processor to itself.
WINDOWS, ASLEEP, AWAKE = 4, 0.05, 0.8

LENGTHS = struct.Struct("<IQ")
MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """The limits of one run; going past one is code 1, and costs the check it happened in.

    Time is charged as :mod:`autograder.sandbox.usage` says.
    """

    import_seconds: float = 20.0  # of the module's import
    wall_seconds: float = 10.0  # of one draw of a check that does not set its own
    module_seconds: float = 90.0  # of the import and all draws, in all processes; by the clock at most twice as long
    cpu_seconds: int = 60  # CPU time of one process, over all its checks
    memory_bytes: int = 2048 * MIB  # address space, beyond what the libraries take
    threads: int = 64  # of the process; it can't start other processes
    file_bytes: int = 16 * MIB  # of one file written
    scratch_bytes: int = 64 * MIB  # of all files written
    output_characters: int = 4_000  # printed text that is kept; the rest is dropped, and costs nothing
    returned_bytes: int = 4 * MIB  # of the values of one draw
    module_bytes: int = 8 * MIB  # of the values of all draws together
    cell_seconds: float = 60.0  # of one cell of a notebook
    notebook_seconds: float = 240.0  # of all cells, as of a module; also the CPU time of each process
    cell_bytes: int = 4 * MIB  # outputs of one cell that are kept; the rest is dropped, and costs nothing
    reading_seconds: int = 20  # CPU time of a reader (`worker.reader`), and its time between two messages
    reading_memory_bytes: int = 1024 * MIB  # address space of a reader, beyond what the libraries take


def compile_page(page: str) -> CodeType:
    """Compile a check page's text."""
    return compile(page, PAGE, "exec", dont_inherit=True)


def surroundings(folder: str) -> dict[str, str]:
    """Return the environment variables that name a run's user: a student, at home in the run's own folder."""
    # Without a name getpass.getuser looks into the list of users, where that of a confined run is missing.
    return dict.fromkeys(("USER", "LOGNAME", "USERNAME"), "student") | dict.fromkeys(("HOME", "USERPROFILE"), folder)


@functools.lru_cache
def compiled(page: str) -> str:
    """Compile a check page into the form that a job carries: compiling takes longer than most checks."""
    return base64.b64encode(marshal.dumps(compile_page(page))).decode()


def entry_point(function: Callable[..., object]) -> str:
    """Return the name, ``module:function``, of a function at the top of a module of ours; ValueError for any other."""
    module, name = function.__module__, function.__qualname__
    if module.partition(".")[0] not in TRUSTED or not name.isidentifier():
        raise ValueError(f"{module}:{name} is no function of the engine")
    return f"{module}:{name}"


def load(name: str) -> Callable[..., Any]:
    """Import the function that :func:`entry_point` has named."""
    module, _, function = name.partition(":")
    return cast(Callable[..., Any], getattr(import_module(module), function))


class Content(Protocol):
    """Bytes that are read part by part, not held in memory."""

    def __len__(self) -> int: ...

    def parts(self) -> Iterable[bytes]: ...  # noqa: D102


@dataclass(frozen=True)
class ProbeJob:
    """The probes of a check page on a student's module."""

    module: str  # the name of the student's module
    page: str  # the text of the check page
    given: tuple[str, ...]  # names of the handed-out modules
    allowed_imports: tuple[str, ...]  # packages that student code may import, beside the standard library
    draws: tuple[tuple[str, int, int], ...]  # check, number of the draw, and the seed of its inputs, in order
    data: Mapping[str, str]  # paths of the files that students read as `data/<name>`
    limits: Mapping[str, float]  # the fields of `Limits`
    files: Mapping[str, Any]  # bytes or Content: the submission's and the handed-out modules
    endless: Mapping[str, str] = field(
        default_factory=dict
    )  # functions not called again, and the check they were late in
    measured: bool = False  # record sizes and numbers among the arguments
    compiled: str = ""  # the check page's code, marshalled, in base 64; empty where another Python reads the job


@dataclass(frozen=True)
class NotebookJob:
    """The cells of a notebook, run beside a student's module; other fields as of a :class:`ProbeJob`."""

    kernel: str  # the entry point of a function that loads the kernel and returns the function that does such a job
    module: str
    given: tuple[str, ...]
    data: Mapping[str, str]
    limits: Mapping[str, float]
    files: Mapping[str, Any]
    cells: tuple[tuple[str, str], ...]  # the label of each cell, and its source
    # Expressions, or `file NAME`, each with the number of the cell after which its value is wanted, from 0.
    wanted: tuple[tuple[str, int], ...] = ()
    page: str = ""
    draws: tuple[tuple[str, int, int], ...] = ()  # of probes that are run on the notebook's names after the last cell
    compiled: str = ""
    measured: bool = False


@dataclass(frozen=True)
class CallJob:
    """A call of one of our own functions on bytes that a student has made."""

    function: str  # the entry point of a function of the files and a `worker.reader.Grader`, which yields bytes
    limits: Mapping[str, float]
    files: Mapping[str, Any] = field(default_factory=dict)


Job = ProbeJob | NotebookJob | CallJob
_KINDS = {kind.__name__: kind for kind in (ProbeJob, NotebookJob, CallJob)}


def parts(job: Job) -> Iterator[bytes]:
    """Encode a job as one message, in parts: two lengths, JSON, and the files."""
    sizes = {name: len(content) for name, content in job.files.items()}
    head = json.dumps({"kind": type(job).__name__, **vars(job), "files": sizes}).encode()
    yield LENGTHS.pack(len(head), sum(sizes.values())) + head
    for content in job.files.values():
        if isinstance(content, bytes):
            yield content
        else:
            yield from content.parts()


def read_job(receive: Callable[[int], bytes]) -> Job:
    """Read the job in a stream whose ``receive(n)`` gives n bytes."""
    head, body = LENGTHS.unpack(receive(LENGTHS.size))
    fields = json.loads(receive(head))
    content = io.BytesIO(receive(body))
    fields["files"] = {name: content.read(size) for name, size in fields["files"].items()}
    return _KINDS[fields.pop("kind")](**{name: _tuples(value) for name, value in fields.items()})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
