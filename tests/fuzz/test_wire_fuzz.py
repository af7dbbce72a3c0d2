"""Whatever bytes come from a run, the decoder gives an observation or refuses; it asks for no memory beyond them."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.wire import MAGIC, MAX_BODY_BYTES, MAX_HEADER_BYTES, PREFIX, Observation, WireError, encode, read

FUZZ = Path(__file__).resolve().parent
sys.path.insert(0, str(FUZZ))
from harness import seeds  # noqa: E402
from wire import try_one  # noqa: E402

SEEDS = seeds("wire")
# Of the decoder beside what it was given: Python's objects for a header of brackets are this much larger than its text.
OBJECTS_PER_BYTE = 120

good = encode(
    Observation("doubled", 0, "returned", {"out": np.ones((2, 3)), "n": np.array(1), "none": "None"}, ("`x` of `f`",))
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)
fields = st.sampled_from(sorted(json.loads(good[PREFIX.size : PREFIX.size + PREFIX.unpack(good[: PREFIX.size])[1]])))


def framed(header, body=b""):
    """A message whose lengths are right, whatever is in it."""
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


@given(st.binary(max_size=2000))
@example(b"")
@example(framed(b"{}"))
@example(framed(b"[" * 5000))
def test_arbitrary_bytes(data):
    """Neither as a stream, nor as a header and a body."""
    try_one(data)
    try_one(MAGIC + data)


@given(st.binary(max_size=500), st.binary(max_size=100))
def test_arbitrary_headers_and_bodies(header, body):
    """Lengths that are right lead to what is within."""
    try_one(framed(header, body))


@given(st.data())
def test_mutated_messages(data):
    """A message with bytes of it changed, left out or repeated."""
    message = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(message) - 1))
        match data.draw(st.sampled_from(("change", "drop", "repeat"))):
            case "change":
                message[at] = data.draw(st.integers(0, 255))
            case "drop":
                del message[at : at + data.draw(st.integers(1, 9))]
            case "repeat":
                message[at:at] = message[at : at + data.draw(st.integers(1, 40))]
        if not message:
            break
    try_one(bytes(message))


@given(fields, anything, st.binary(max_size=64))
def test_any_value_in_a_field(field, value, body):
    """Every field of a header, with a value of every kind."""
    _, head, size = PREFIX.unpack(good[: PREFIX.size])
    start = PREFIX.size + head
    header = {**json.loads(good[PREFIX.size : start]), field: value}
    try_one(framed(json.dumps(header).encode(), good[start : start + size]))
    try_one(framed(json.dumps(header).encode(), body))


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.text(max_size=4) | anything,
                "dtype": st.sampled_from(("<f8", "|b1", "<c16", "|O", ">f8", "V8", "<U4")) | anything,
                "shape": st.lists(st.integers(-2, 4) | st.sampled_from((2**31, 2**32, 2**63)), max_size=20) | anything,
                "is": anything,
            },
        ),
        max_size=5,
    ),
    st.binary(max_size=256),
)
def test_any_description_of_arrays(described, body):
    """Names, dtypes and shapes that don't fit each other, or the body."""
    header = {
        **json.loads(good[PREFIX.size : PREFIX.size + PREFIX.unpack(good[: PREFIX.size])[1]]),
        "values": described,
    }
    try_one(framed(json.dumps(header).encode(), body))


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(PREFIX.pack(MAGIC, MAX_HEADER_BYTES + 1, 0), id="header"),
        pytest.param(PREFIX.pack(MAGIC, 10, MAX_BODY_BYTES + 1), id="body"),
        pytest.param(PREFIX.pack(MAGIC, 2**32 - 1, 2**64 - 1), id="both"),
        pytest.param(framed(b"[" * (1 << 19)), id="brackets"),
        pytest.param(framed(b"[" + b"[]," * (1 << 18) + b"[]]"), id="lists"),
        pytest.param(framed(b"[" + b"{}," * (1 << 18) + b"{}]"), id="mappings"),
        pytest.param(framed(b"9" * (1 << 19)), id="digits"),
        pytest.param(framed(good[PREFIX.size : -64].replace(b"[2, 3]", b"[4294967295, 4294967295]")), id="shape"),
        pytest.param(
            framed(good[PREFIX.size : -64].replace(b"[2, 3]", str([4294967295] * 80_000).encode())), id="shapes"
        ),
    ],
)
def test_memory_is_bounded_by_what_came(sent):
    """What is announced, or said of shapes, allocates nothing."""
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            read(io.BytesIO(sent).read)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1 << 20 or peak < OBJECTS_PER_BYTE * len(sent)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.name[:12])
def test_what_a_fuzzer_found(seed):
    """The inputs by which a coverage-guided fuzzer got furthest."""
    try_one(seed.read_bytes())


def test_the_fuzzer_got_through():
    """Among what it found are messages that are accepted, and many that are refused deep within."""
    accepted = [seed for seed in SEEDS if try_one(seed.read_bytes()) is not None]

    assert accepted
    assert len(SEEDS) - len(accepted) > 20
