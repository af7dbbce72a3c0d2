"""Observations as bytes, on their way from student code to the grader.

A message is a prefix of fixed size, a JSON header, and the raw bytes of the arrays. The reader trusts nothing: sizes
are bounded before anything is read, dtypes come from a list, and malformed data is a :class:`WireError`. There is no
pickle.
"""

from __future__ import annotations

import io
import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from autograder.text import line

Array = NDArray[Any]
Bytes = bytes | bytearray
Part = bytes | memoryview

Ending = Literal[
    "returned",  # the probe came to its end
    "missing",  # NotImplementedError, or no such file or function
    "raised",  # an exception out of the student's code
    "asserted",  # an AssertionError out of the student's code
    "misfit",  # the probe's own line could not use what the student's code returned
    "forbidden",  # an import that the assignment doesn't allow
    "exhausted",  # a limit was reached and Python said so (MemoryError)
    "late",  # the draw's time was used up; the failure's kind names the function that is not called again
    "skipped",  # it calls such a function; the failure's kind names the check in which that was late
    "faulty",  # the check page could not be loaded
    "died",  # the process ended, or was ended, without a message; set only by the sandbox
    "unstarted",  # no process could be started; set only by the sandbox
]
ENDINGS = frozenset(get_args(Ending))

PREFIX = struct.Struct("<4sIQ")
MAGIC = b"obs1"
MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 64 << 20
MAX_VALUES = 256
MAX_NDIM = 16
# Bounds of texts and lists; of longer ones the beginning is kept.
MAX_TEXT_CHARACTERS = 5_000
# Most characters of a name, a kind, or a line of code.
MAX_LINE_CHARACTERS = 300
MAX_CHANGED = 16
MAX_FRAMES = 12
MAX_SCALES = 64
DTYPES = frozenset(("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"))


class WireError(ValueError):
    """The bytes are not a message of this format."""


@dataclass(frozen=True)
class Frame:
    """One line of a traceback: a file's name without its folder, the line's number, the function, the line's text."""

    file: str
    line: int
    function: str
    text: str


@dataclass(frozen=True)
class Failure:
    """An exception: its type's name, its message, and the student's own frames, outermost first."""

    kind: str
    message: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Observation:
    """The outcome of one draw of one check, or of the import of the module, whose check is ""."""

    check: str
    draw: int
    ending: Ending
    values: Mapping[str, Array | str] = field(default_factory=dict)  # a text names the type where a value is no array
    changed: tuple[str, ...] = ()  # arguments that a call changed, as the subject of a sentence (`x` of `relu_forward`)
    narrow: bool = False  # an argument was a float narrower than 64 bits
    # Numbers among the arguments by their names, and sizes of arrays by the letters of the docstring. Recorded in the
    # reference's run only.
    scales: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    failure: Failure | None = None  # the exception, for the endings that have one
    output: str = ""  # printed text, clipped
    # Imports so far that are not allowed and that nothing has used, as clauses ("p.py, line 3, imports torch").
    unused: tuple[str, ...] = ()


def plain(value: object) -> Array | str:
    """Return a value as an array of the base class in C order, or a text that names its type."""
    if isinstance(value, tuple) and any(isinstance(each, np.ndarray) and each.ndim for each in value):
        return f"a tuple of {len(value)} values"  # not one array with an axis more
    if isinstance(value, (list, tuple)):
        try:
            value = np.array(value)
        except ValueError:
            return f"a {type(value).__name__} of {len(value)} values that make no one array"
    if isinstance(value, (bool, int, float, complex, np.generic)):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        return "None" if value is None else f"of type {type(value).__name__}"[:100]
    if math.prod(value.shape) * value.dtype.itemsize > MAX_BODY_BYTES or value.ndim > MAX_NDIM:
        return "an array too large to judge"
    if value.dtype.kind == "f" and value.dtype.itemsize > 8:
        value = value.astype(np.float64)  # the layout of a long double depends on the machine
    dtype = value.dtype.newbyteorder("<")
    if dtype.str not in DTYPES:
        return f"an array of dtype {value.dtype}"[:100]
    # Not ascontiguousarray, which makes 0-d arrays 1-d.
    return np.array(np.asarray(value), dtype=dtype, order="C", copy=True)


def numbers_of(name: str) -> str:
    """Name the value that holds the numbers of an array of Python objects, beside the text about that."""
    return f"the numbers of {name}"


def encode(observation: Observation) -> bytes:
    """Return the message for an observation."""
    return b"".join(parts(observation))


def parts(observation: Observation) -> list[Part]:
    """Return the message in parts, the arrays' bytes not copied."""
    values: list[dict[str, Any]] = []
    blobs: list[Part] = []
    for name, value in observation.values.items():
        if isinstance(value, str):
            values.append({"name": name, "is": value})
        else:
            values.append({"name": name, "dtype": value.dtype.str, "shape": value.shape})
            blobs.append(value.reshape(-1).view(np.uint8).data)
    failure = asdict(observation.failure) if observation.failure else None
    head = json.dumps({**vars(observation), "values": values, "failure": failure}).encode()
    return [PREFIX.pack(MAGIC, len(head), sum(map(len, blobs))) + head, *blobs]


def read(receive: Callable[[int], Bytes], most_bytes: int = MAX_BODY_BYTES) -> Observation | None:
    """Read the next message of a stream whose ``receive(n)`` gives n bytes, or fewer at its end; None at the end.

    WireError if it is no message, or has a larger body than `most_bytes`, which is not read.
    """
    prefix = receive(PREFIX.size)
    if not prefix:
        return None
    if len(prefix) != PREFIX.size:
        raise WireError("the message ends in its prefix")
    magic, head, body = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError("not a message of this format")
    if head > MAX_HEADER_BYTES or body > min(most_bytes, MAX_BODY_BYTES):
        raise WireError("the message is too large")
    return decode(receive(head), receive(body))


def read_bytes(message: bytes) -> Observation:
    """Read the observation in the bytes of one message; WireError if it is malformed."""
    found = read(io.BytesIO(message).read)
    if found is None:
        raise WireError("no message")
    return found


def decode(head: Bytes, body: Bytes) -> Observation:
    """Read the observation in a header and a body; WireError if they aren't as :func:`encode` writes them."""
    try:
        header = json.loads(head)
        failure = header["failure"]
        ending = header["ending"]
        if ending not in ENDINGS:
            raise WireError("an ending that there is not")
        return Observation(
            check=_text(header["check"]),
            draw=_whole(header["draw"]),
            ending=ending,
            values=_values(header["values"], body),
            changed=tuple(_word(name) for name in header["changed"][:MAX_CHANGED]),
            narrow=header["narrow"] is True,
            scales=_scales(header["scales"]),
            failure=None if failure is None else _failure(failure),
            output=_text(header["output"]),
            unused=tuple(_word(clause) for clause in header.get("unused", ())[:MAX_CHANGED]),
        )
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise WireError(f"malformed message: {type(error).__name__}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WireError("expected a string")
    return value[:MAX_TEXT_CHARACTERS].encode("utf-8", "replace").decode()  # no lone surrogates


def _word(value: object) -> str:
    return line(_text(value)[:MAX_LINE_CHARACTERS])


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise WireError("expected a whole number")
    return value


def _values(described: object, body: Bytes) -> dict[str, Array | str]:
    if not isinstance(described, list) or len(described) > MAX_VALUES:
        raise WireError("too many values")
    values: dict[str, Array | str] = {}
    start = 0
    for item in described:
        name = _word(item["name"])
        if "is" in item:
            values[name] = _word(item["is"])
            continue
        if item["dtype"] not in DTYPES:
            raise WireError("a dtype that is not carried")
        dtype = np.dtype(item["dtype"])
        # Before the product: with a hundred thousand large numbers it would take minutes.
        if len(item["shape"]) > MAX_NDIM:
            raise WireError("too many dimensions")
        shape = tuple(_whole(size) for size in item["shape"])
        size = math.prod(shape) * dtype.itemsize
        if start + size > len(body):
            raise WireError("a shape that the body doesn't hold")
        flat = np.frombuffer(body, dtype, math.prod(shape), start)
        # A boolean of any other byte than 0 and 1 would be true, and so would its negation.
        values[name] = (np.not_equal(flat.view(np.uint8), 0) if dtype.kind == "b" else flat).reshape(shape)
        start += size
    if start != len(body):
        raise WireError("bytes that no value accounts for")
    return values


def _scales(described: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    if len(described) > MAX_SCALES:
        raise WireError("too many scales")
    return {
        _word(name): tuple(float(size) for size in sizes[:MAX_SCALES] if type(size) in (int, float))
        for name, sizes in described.items()
    }


def _failure(item: Mapping[str, Any]) -> Failure:
    frames = tuple(
        Frame(_word(frame["file"]), _whole(frame["line"]), _word(frame["function"]), _word(frame["text"]))
        for frame in item["frames"][:MAX_FRAMES]
    )
    return Failure(_word(item["kind"]), _text(item["message"]), frames)
