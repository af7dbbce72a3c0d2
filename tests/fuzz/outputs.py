"""Coverage-guided fuzzing of what a run puts out, held against what was saved with a notebook and what it must draw.

In its ten minutes it tried 17,000 inputs, and found nothing.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from harness import check_judged, parted, rubric
from notebooks import one_output, written

from autograder.notebook import checks, document, figures, outputs
from autograder.notebook.checks import Judged
from autograder.notebook.figure_metadata import KEYWORD
from autograder.notebook.figures import PNG_SIGNATURE
from autograder.wire import Failure, Observation
from autograder.worker.job import ANSWER, FILE

MOST_OUTPUTS = 20


def try_one(data: bytes) -> Judged:
    """Judge the released notebook with outputs that were saved and outputs of its run, as the input says.

    It is parted. The first letter of a part says what it is, the second where it goes: to what was saved (s), to the
    run (r), or to both; ``n`` goes on to the next cell, ``j`` is what a run's cell says as a whole, ``x`` how it ends.
    """
    cells = written(rubric().released)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    run: list[dict[str, Any]] = [{"outputs": []} for _ in code]
    said: dict[int, bytes] = {}
    ended: dict[int, str] = {}
    at = 0
    for piece in parted(data):
        kind, side, text = piece[:1], piece[1:2], piece[2:]
        if kind == b"n":
            at = (at + 1) % len(code)
        elif kind == b"j":
            said[at] = piece[1:]
        elif kind == b"x":
            ended[at] = text.decode("utf-8", "replace")
        elif kind:
            one = picture(kind, text) or one_output(kind, text.decode("utf-8", "replace"))
            for name, cell in ((b"r", code[at]), (b"s", run[at])):
                if side != name and len(cell["outputs"]) < MOST_OUTPUTS:
                    cell["outputs"].append(one)
    for number, cell in enumerate(code, 1):
        cell["execution_count"] = number
    content = json.dumps({"nbformat": 4, "cells": cells}).encode()
    told = [said.get(number) or json.dumps(cell).encode() for number, cell in enumerate(run)]

    def run_cells(cells: Sequence[tuple[str, str]], _: object) -> Iterator[Observation]:
        for number in range(len(cells)):
            answers: dict[str, Any] = {"outputs": np.frombuffer(told[number % len(told)], np.uint8)}
            answers[f"{ANSWER}{FILE}line.png"] = np.frombuffer(told[-1], np.uint8)
            ending = ended.get(number)
            failure = None if ending is None else Failure(ending[:9], ending[9:])
            yield Observation("", number, "returned" if failure is None else "raised", answers, failure=failure)
        yield Observation("", len(cells), "returned")

    for raw in told:
        check_shown(raw)
    found = checks.judged(run_cells, rubric().task(has_module=True), rubric().released, content)
    check_judged(found)
    return found


def check_shown(raw: bytes) -> None:
    """Assert of all that a run's cell shows that it is bounded, and not stale beside itself."""
    shown = checks._shown(Observation("", 0, "returned", {"outputs": np.frombuffer(raw, np.uint8)}), 1 << 20)
    assert len(shown.outputs) <= document.MAX_OUTPUTS
    assert sum(len(text) for one in shown.outputs for text in (one.text, *one.data.values())) <= 2 * len(raw)
    assert not outputs.difference(shown.outputs, shown.outputs), shown


def picture(kind: bytes, text: bytes) -> dict[str, Any] | None:
    """A PNG that says of itself what the text says (P), or a PNG of these bytes (Q); None for another kind."""
    if kind == b"P":
        packed = KEYWORD.encode() + b"\0" + base64.b64encode(zlib.compress(text, 1))
        text = struct.pack(">I4s", len(packed), b"tEXt") + packed
    elif kind != b"Q":
        return None
    data = {"image/png": base64.b64encode(PNG_SIGNATURE + text).decode(), "text/plain": "<Figure>"}
    return {"output_type": "display_data", "data": data}


FIGURE = (
    b'{"version":2,"axes":[{"title":"The loss falls","x":"step","y":"loss","legend":["loss"],"artists":[{"kind":"line",'
    b'"label":"loss","x":[0,1,2],"y":[9,5,1]}]}]}'
)


def begin() -> Iterator[tuple[str, bytes]]:
    """Inputs to begin with, by name."""
    yield "figures", b"\x1e".join([b"Pb" + FIGURE, b"n", b"Ps" + FIGURE, b"Pr" + FIGURE.replace(b"9,5", b"9,3")])
    yield "drawn", b"\x1e".join([*(b"n",) * 5, b"Pb" + FIGURE])
    yield (
        "numbers",
        b"\x1e".join([b"ospoints: (9,) mean 0.500\n", b"orpoints: (9,) mean 0.512\n", b"n", b"rbarray([1., 2.5])"]),
    )
    yield (
        "tables",
        b"\x1e".join(
            [
                b"hb<table><tr><th>a</th><td>1.5</td></tr></table>",
                b"hs<table><tr><td>1.5</td><td>2</td></table>",
                b"hr<table><tr><td>1.5<td>3</table>",
            ]
        ),
    )
    yield "times", b"\x1e".join([b"ostook 1.52 s, 12:30:05 at 0x7f0012\n", b"ortook 3.1 s, 12:31:06 at 0x7f0034\n"])
    yield "raised", b"\x1e".join([b"x NameError name 'points' is not defined", b"n", b"eb ValueError no"])
    yield "said", b'j{"outputs":[{"output_type":"stream","text":["a\\n","b"]}],"clipped":true}\x1eosa\nb'


if __name__ == "__main__":
    from harness import fuzz

    fuzz(try_one, document, checks, outputs, figures)
