"""Coverage-guided fuzzing of the decoder of observations.

``harness.py`` says how to run it. What it found is in ``seeds/wire``: of 2.5 million inputs the smallest that reach all
it has reached. ``test_wire_fuzz.py``, beside it, replays them.
"""

from __future__ import annotations

import io
import sys

import numpy as np

from autograder.wire import DTYPES, ENDINGS, MAGIC, MAX_NDIM, MAX_VALUES, Observation, WireError, decode, encode, read


def try_one(data: bytes) -> Observation | None:
    """Decode bytes as the grader would; AssertionError if anything but an observation or a refusal comes of it.

    What begins as a message does is a stream of them; of anything else the first two bytes say where a header ends and
    a body begins, so that a fuzzer need not keep a message's lengths right to get at what is within.
    """
    try:
        if data.startswith(MAGIC):
            observation = read(io.BytesIO(data).read)
        else:
            size = int.from_bytes(data[:2], "little")
            observation = decode(data[2 : 2 + size], data[2 + size :])
    except WireError:
        return None
    assert observation is not None
    assert observation.ending in ENDINGS
    assert len(observation.values) <= MAX_VALUES
    held = 0
    for value in observation.values.values():
        if not isinstance(value, str):
            assert type(value) is np.ndarray
            assert value.dtype.str in DTYPES
            assert value.ndim <= MAX_NDIM
            assert value.dtype.kind != "b" or not (value & ~value).any()
            held += value.nbytes
    assert held <= len(data)
    # What was accepted can be written, and is then read as it was.
    again = read(io.BytesIO(encode(observation)).read)
    assert again is not None
    assert encode(again) == encode(observation)
    return observation


if __name__ == "__main__":
    import json
    import types

    import atheris

    import autograder.wire

    # A parser of JSON in Python, whose branches the fuzzer sees.
    json.decoder.scanstring = json.decoder.py_scanstring
    json.scanner.make_scanner = json.scanner.py_make_scanner
    for module in (autograder.wire, json.decoder, json.scanner):
        for function in vars(module).values():
            if isinstance(function, types.FunctionType):
                atheris.instrument_func(function)
    json._default_decoder = json.JSONDecoder()
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
