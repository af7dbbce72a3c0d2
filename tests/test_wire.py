"""What crosses the border: observations arrive as they were, and nothing else arrives at all."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.text import line
from autograder.wire import (
    DTYPES,
    ENDINGS,
    MAGIC,
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    MAX_LINE_CHARACTERS,
    MAX_NDIM,
    MAX_SCALES,
    MAX_VALUES,
    PREFIX,
    Failure,
    Frame,
    Observation,
    WireError,
    encode,
    plain,
    read,
)

# Whatever a student prints or raises, lone surrogates aside: these arrive as question marks.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
words = texts.map(line)
frames = st.builds(Frame, file=words, line=st.integers(0, 2**32 - 1), function=words, text=words)
failures = st.builds(Failure, kind=words, message=texts, frames=st.lists(frames, max_size=3).map(tuple))
carried = arrays.arrays(
    dtype=st.sampled_from(sorted(DTYPES)).map(np.dtype),
    shape=arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
laid_out = st.sampled_from([np.asarray, np.asfortranarray, np.transpose, lambda a: a[::-1] if a.ndim else a])
values = st.dictionaries(words, st.builds(lambda make, array: make(array), laid_out, carried) | words, max_size=4)
observations = st.builds(
    Observation,
    check=texts,
    draw=st.integers(0, 2**32 - 1),
    ending=st.sampled_from(sorted(ENDINGS)),
    values=values.map(lambda found: {n: v if isinstance(v, str) else plain(v) for n, v in found.items()}),
    changed=st.lists(words, max_size=3).map(tuple),
    narrow=st.booleans(),
    scales=st.dictionaries(words, st.lists(st.floats(allow_nan=False), max_size=3).map(tuple), max_size=3),
    failure=st.none() | failures,
    output=texts,
)


def message(header: object, body: bytes = b"") -> bytes:
    """A message of any header."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(MAGIC, len(head), len(body)) + head + body


def header(**changed):
    """The header of an observation of nothing, some of it changed."""
    sent = encode(Observation("forward", 0, "returned"))
    return {**json.loads(sent[PREFIX.size :]), **changed}


def array(dtype="<f8", shape=(2,), **changed):
    """The description of an array in a header."""
    return {"name": "x", "dtype": dtype, "shape": shape, **changed}


@given(observations)
def test_an_observation_arrives_as_it_was_sent(observation):
    """Dtypes, shapes and entries, NaN's bits included, are the same on the other side."""
    arrived = read(io.BytesIO(encode(observation)).read)

    assert arrived is not None
    assert {n: described(v) for n, v in arrived.values.items()} == {
        n: described(v) for n, v in observation.values.items()
    }
    for name in ("check", "draw", "ending", "changed", "narrow", "scales", "failure", "output"):
        assert getattr(arrived, name) == getattr(observation, name)


def described(value):
    """All that is to be said of a value."""
    return value if isinstance(value, str) else (type(value), value.dtype, value.shape, value.tobytes())


@given(st.text(alphabet=st.characters(), max_size=400))
def test_what_stands_within_a_line_is_one(text):
    """Kinds, names, lines of code: whatever a run says that they are, a report has one line for each."""
    failure = {"kind": text, "message": "", "frames": [{"file": text, "line": 1, "function": text, "text": text}]}
    said = header(
        values=[{"name": text, "is": text}], changed=[text], scales={text: [1.0]}, failure=failure, output=text
    )

    arrived = read(io.BytesIO(message(said)).read)

    frame = arrived.failure.frames[0]
    named = (*arrived.values.items(), arrived.changed, arrived.scales, (arrived.failure.kind,))
    for word in (*(word for words in named for word in words), frame.file, frame.function, frame.text):
        assert word == line(word)
        assert len(word.splitlines()) <= 1
        assert len(word) <= MAX_LINE_CHARACTERS


@given(st.lists(observations, max_size=3))
def test_messages_follow_one_another(sent):
    """A stream of messages is read one by one, and its end is no message."""
    stream = io.BytesIO(b"".join(map(encode, sent)))

    arrived = [read(stream.read) for _ in sent]

    assert [one.check for one in arrived] == [one.check for one in sent]
    assert read(stream.read) is None


@given(observations, st.data())
def test_a_message_cut_short_is_refused(observation, data):
    """A message that ends before its end is no observation."""
    whole = encode(observation)
    cut = data.draw(st.integers(1, len(whole) - 1))

    with pytest.raises(WireError):
        read(io.BytesIO(whole[:cut]).read)


@given(st.binary(min_size=1, max_size=200))
def test_noise_is_refused(noise):
    """Bytes that nobody encoded are a WireError and nothing else."""
    with pytest.raises(WireError):
        read(io.BytesIO(MAGIC + noise).read)


def test_a_lone_surrogate_can_be_written_out_again():
    """What arrives fits into a UTF-8 file."""
    arrived = read(io.BytesIO(encode(Observation("forward", 0, "returned", output="\udcff"))).read)

    assert arrived.output == "?"


def test_what_is_not_malformed_is_read():
    """The messages below are good but for the one thing that is changed."""
    assert read(io.BytesIO(message(header())).read) == Observation("forward", 0, "returned")
    assert read(io.BytesIO(message(header(values=[array()]), bytes(16))).read).values["x"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"x" * (PREFIX.size - 1), id="short_prefix"),
        pytest.param(PREFIX.pack(b"obs0", 2, 0) + b"{}", id="other_magic"),
        pytest.param(PREFIX.pack(MAGIC, MAX_HEADER_BYTES + 1, 0), id="giant_header"),
        pytest.param(PREFIX.pack(MAGIC, 2, MAX_BODY_BYTES + 1), id="giant_body"),
        pytest.param(message(b""), id="empty_header"),
        pytest.param(message(b"{"), id="not_json"),
        pytest.param(message(b"\xff\xfe"), id="not_utf8"),
        pytest.param(message(b"[" * 100_000), id="deep_json"),
        pytest.param(message([]), id="list_for_header"),
        pytest.param(message({}), id="no_fields"),
        pytest.param(message(header(check=1)), id="check_no_string"),
        pytest.param(message(header(draw=-1)), id="negative_draw"),
        pytest.param(message(header(draw=1.0)), id="float_draw"),
        pytest.param(message(header(draw=True)), id="bool_draw"),
        pytest.param(message(header(draw=2**32)), id="giant_draw"),
        pytest.param(message(header(ending="passed")), id="unknown_ending"),
        pytest.param(message(header(ending=["returned"])), id="unhashable_ending"),
        pytest.param(message(header(values={})), id="values_no_list"),
        pytest.param(
            message(header(values=[array(name=f"x{i}", shape=[0]) for i in range(MAX_VALUES + 1)])), id="many"
        ),
        pytest.param(message(header(values=["x"])), id="value_no_description"),
        pytest.param(message(header(values=[{"name": "x"}])), id="value_without_dtype"),
        pytest.param(message(header(values=[{"name": 3, "is": "None"}])), id="name_no_string"),
        pytest.param(message(header(values=[{"name": "x", "is": None}])), id="text_no_string"),
        pytest.param(message(header(values=[array("|O")]), bytes(16)), id="object_dtype"),
        pytest.param(message(header(values=[array("V8")]), bytes(16)), id="void_dtype"),
        pytest.param(message(header(values=[array(["<f8"])]), bytes(16)), id="unhashable_dtype"),
        pytest.param(message(header(values=[array(">f8")]), bytes(16)), id="foreign_byte_order"),
        pytest.param(message(header(values=[array(shape=[-1])]), bytes(8)), id="negative_shape"),
        pytest.param(message(header(values=[array(shape=[1.0])]), bytes(8)), id="float_shape"),
        pytest.param(message(header(values=[array(shape=3)]), bytes(8)), id="shape_no_list"),
        pytest.param(message(header(values=[array(shape=[2**31, 2**31, 2**31])]), bytes(8)), id="giant_shape"),
        pytest.param(message(header(values=[array(shape=[1] * (MAX_NDIM + 1))]), bytes(8)), id="many_dimensions"),
        pytest.param(message(header(values=[array(shape=[3])]), bytes(16)), id="body_too_short"),
        pytest.param(message(header(values=[array(shape=[1])]), bytes(16)), id="body_too_long"),
        pytest.param(message(header(), b"x"), id="body_of_no_value"),
        pytest.param(message(header(changed=None)), id="changed_no_list"),
        pytest.param(message(header(changed=[1])), id="changed_no_strings"),
        pytest.param(message(header(failure="ValueError")), id="failure_no_mapping"),
        pytest.param(message(header(failure={"kind": "E", "message": "", "frames": [{}]})), id="empty_frame"),
        pytest.param(message(header(output=None)), id="output_no_string"),
        pytest.param(message(header(scales=[])), id="scales_no_mapping"),
        pytest.param(message(header(scales={"N": 3})), id="scale_no_list"),
        pytest.param(message(header(scales={"N": [10**400]})), id="giant_scale"),
        pytest.param(message(header(scales={str(i): [1] for i in range(MAX_SCALES + 1)})), id="many_scales"),
    ],
)
def test_what_is_malformed_is_refused(sent):
    """A message that `encode` would not have written is a WireError: never another exception, never an observation."""
    with pytest.raises(WireError):
        read(io.BytesIO(sent).read)


def test_truths_arrive_as_zeros_and_ones():
    """Of a byte that is neither NumPy says that it is true, and that its negation is."""
    truths = np.frombuffer(bytes([0, 1, 2, 255]), bool)
    received = read(io.BytesIO(encode(Observation("c", 0, "returned", {"mask": truths}))).read)

    assert received.values["mask"].view(np.uint8).tolist() == [0, 1, 1, 1]


def test_nothing_is_read_of_what_is_too_large():
    """Sizes are looked at before anything is asked for."""
    asked = []

    def receive(size):
        asked.append(size)
        return PREFIX.pack(MAGIC, 2**32 - 1, 2**63)

    with pytest.raises(WireError, match="too large"):
        read(receive)

    assert asked == [PREFIX.size]


class Always(np.ndarray):
    """An array that equals everything."""

    def __eq__(self, other):
        return True

    __hash__ = None


def recursive():
    """A list that holds itself."""
    found = []
    found.append(found)
    return found


ONES = np.ones((2, 3))


@pytest.mark.parametrize(
    ("value", "dtype", "shape"),
    [
        pytest.param(ONES, "<f8", (2, 3), id="array"),
        pytest.param(ONES.T, "<f8", (3, 2), id="fortran_order"),
        pytest.param(ONES[:, ::-2], "<f8", (2, 2), id="strided"),
        pytest.param(ONES.astype(">f8"), "<f8", (2, 3), id="foreign_byte_order"),
        pytest.param(ONES.astype(np.longdouble), "<f8", (2, 3), id="longdouble"),
        pytest.param(ONES.astype(np.float16), "<f2", (2, 3), id="float16"),
        pytest.param(np.ma.masked_array(ONES, mask=True), "<f8", (2, 3), id="masked"),
        pytest.param(ONES.view(Always), "<f8", (2, 3), id="subclass"),
        pytest.param(ONES.view(np.matrix), "<f8", (2, 3), id="matrix"),
        pytest.param(np.empty((0, 3)), "<f8", (0, 3), id="empty"),
        pytest.param(np.array(1.0), "<f8", (), id="zero_d"),
        pytest.param(np.float64(1.0), "<f8", (), id="numpy_scalar"),
        pytest.param(1.0, "<f8", (), id="float"),
        pytest.param(1, "<i8", (), id="int"),
        pytest.param(True, "|b1", (), id="bool"),
        pytest.param(1j, "<c16", (), id="complex"),
        pytest.param([1, 2], "<i8", (2,), id="list"),
        pytest.param(([1.0], [2.0]), "<f8", (2, 1), id="nested"),
        pytest.param([], "<f8", (0,), id="empty_list"),
        pytest.param([np.ones(2), np.ones(2)], "<f8", (2, 2), id="list_of_arrays"),
    ],
)
def test_numbers_become_plain_arrays(value, dtype, shape):
    """What is an array, a number or a list of numbers is an exact base-class array, in C order and of its own."""
    found = plain(value)

    assert type(found) is np.ndarray
    assert (found.dtype.str, found.shape) == (dtype, shape)
    assert found.flags.c_contiguous
    assert found.flags.owndata
    assert not np.shares_memory(found, ONES)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(None, "None", id="none"),
        pytest.param("1.0", "of type str", id="text"),
        pytest.param({"x": 1.0}, "of type dict", id="dict"),
        pytest.param((one for one in [1.0]), "of type generator", id="generator"),
        pytest.param([[1.0], [1.0, 2.0]], "a list of 2 values that make no one array", id="ragged"),
        pytest.param((1.0, [2.0]), "a tuple of 2 values that make no one array", id="ragged_tuple"),
        pytest.param((ONES, ONES), "a tuple of 2 values", id="two_arrays"),
        pytest.param([1.0, None], "an array of dtype object", id="list_with_none"),
        pytest.param(np.array([1.0], dtype=object), "an array of dtype object", id="object_dtype"),
        pytest.param(["1.0"], "an array of dtype <U3", id="list_of_text"),
        pytest.param(np.zeros(2, dtype="M8[s]"), "an array of dtype datetime64[s]", id="dates"),
        pytest.param(np.zeros(2, dtype=[("x", "f8")]), "an array of dtype [('x', '<f8')]", id="structured"),
        pytest.param(2**70, "an array of dtype object", id="big_int"),
        pytest.param([2**70], "an array of dtype object", id="list_of_big_ints"),
        pytest.param(np.broadcast_to(1.0, (1 << 40,)), "an array too large to judge", id="strides_of_zero"),
    ],
)
def test_what_is_no_array_of_numbers_is_a_text(value, said):
    """The text says what it is instead, and fits into a sentence."""
    assert plain(value) == said


def test_a_list_that_numpy_cannot_hold_is_a_text():
    """Neither a number beyond floats nor a list in itself raises."""
    assert isinstance(plain([1.0, 10**400]), str)
    assert isinstance(plain(recursive()), str)


def test_too_many_dimensions_are_a_text():
    """What the wire doesn't carry is not tried."""
    assert plain(np.ones((1,) * (MAX_NDIM + 1))) == "an array too large to judge"
