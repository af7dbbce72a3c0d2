"""Coverage-guided fuzzing of what reads a handed-in notebook, puts it beside the released one, and looks at its cells.

The run that a notebook has shows just what was saved with it: so nothing in it may be said to be stale.

In its ten minutes it tried 20,000 inputs, and found nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from harness import check_judged, parted, rubric

from autograder.notebook import alignment, checks, document, outputs
from autograder.notebook.checks import Judged, RunCells
from autograder.notebook.document import MAX_CHARACTERS, PICTURES, Cell, Notebook, UnreadableError
from autograder.wire import Observation


def try_one(data: bytes) -> Judged:
    """Read and judge a notebook: bytes as they are, or, after a mark, cells that `cells` makes."""
    content = json.dumps({"nbformat": 4, "cells": [*cells(parted(data[1:]))]}).encode() if data[:1] == b"\x1d" else data
    try:
        notebook = document.read(content)
    except UnreadableError:
        pass
    else:
        # What was read can be written, and is then read as it was.
        assert document.read(json.dumps(written(notebook)).encode()) == notebook
    found = checks.judged(shows_what_was_saved(content), rubric().task(has_module=True), rubric().released, content)
    check_judged(found)
    assert not found.stale, found
    return found


def cells(pieces: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    """Cells as JSON. The first letter of a piece says what it is: a cell, one of the released ones, or an output."""
    ours = rubric().released.cells
    last: dict[str, Any] = {"cell_type": "markdown", "source": "", "outputs": []}
    count = 0
    for piece in pieces:
        kind, text = piece[:1], piece[1:].decode("utf-8", "replace")
        if kind in (b"c", b"m", b"g"):
            yield last
            count += 1
            kinds = {b"c": "code", b"m": "markdown"}
            last = {"cell_type": kinds.get(kind), "source": text, "outputs": [], "execution_count": count}
            if kind == b"g" and text:
                one = ours[ord(text[0]) % len(ours)]
                # What follows comes before, or after, as its first letter says.
                source = text[1:] + one.source if text[1:2] < "a" else one.source + text[1:]
                last |= {"cell_type": one.kind, "id": one.id, "source": source}
        elif kind == b"n":
            last["execution_count"] = count = len(text)
        elif kind:
            last["outputs"].append(one_output(kind, text))
    yield last


def one_output(kind: bytes, text: str) -> dict[str, Any]:
    """An output as JSON, by a letter that says which kind."""
    match kind:
        case b"o":
            return {"output_type": "stream", "name": "stdout", "text": text}
        case b"w":
            return {"output_type": "stream", "name": "stderr", "text": text}
        case b"e":
            name, _, message = text.partition(" ")
            return {"output_type": "error", "ename": name, "evalue": message}
        case b"r":
            return {"output_type": "execute_result", "data": {"text/plain": text}}
        case b"h":
            return {"output_type": "display_data", "data": {"text/html": text, "text/plain": text[:9]}}
        case _:
            return {"output_type": "display_data", "data": {PICTURES[ord(kind) % 3]: text, "text/plain": "<Figure>"}}


def written(notebook: Notebook) -> dict[str, Any]:
    """A notebook that was read, as JSON."""
    return {"nbformat": 4, "cells": [_written(cell) for cell in notebook.cells]}


def _written(cell: Cell) -> dict[str, Any]:
    outputs: list[dict[str, Any]] = []
    for one in cell.outputs:
        match one.kind:
            case "stream":
                outputs.append({"output_type": "stream", "name": one.name, "text": one.text})
            case "error":
                outputs.append({"output_type": "error", "ename": one.name, "evalue": one.text})
            case kind:
                name = "execute_result" if kind == "result" else "display_data"
                outputs.append({"output_type": name, "data": dict(one.data)})
        assert all(len(text) <= MAX_CHARACTERS for text in (one.text, *one.data.values()))
    return {
        "cell_type": cell.kind,
        "source": cell.source,
        "id": cell.id,
        "metadata": {"tags": [*cell.tags]},
        "execution_count": cell.count,
        "outputs": outputs,
    }


def shows_what_was_saved(content: bytes) -> RunCells:
    """A run of cells that all show what they have shown before."""
    try:
        saved = {cell.where: _written(cell)["outputs"] for cell in document.read(content).code}
    except UnreadableError:
        saved = {}

    def run_cells(cells: Sequence[tuple[str, str]], _: object) -> Iterator[Observation]:
        for number, (label, _source) in enumerate(cells):
            said = json.dumps({"outputs": saved.get(label, [])}).encode()
            yield Observation(label, number, "returned", {"outputs": np.frombuffer(said, np.uint8)})
        yield Observation("", len(cells), "returned")

    return run_cells


def begin() -> Iterator[tuple[str, bytes]]:
    """Inputs to begin with, by name."""
    released = rubric().released
    yield "released", json.dumps(written(released), separators=(",", ":")).encode()
    yield "given", b"\x1d" + b"\x1e".join(b"g%c" % number for number in range(len(released.cells)))
    pieces = [b"g%c" % number + b"\x1eosquared: 9.0\n" for number in range(len(released.cells))]
    yield "run", b"\x1d" + b"\x1e".join(pieces)
    yield (
        "own",
        b"\x1dcprint(1)\x1eo1\n\x1em# Head\x1ecx = 1\x1eeValueError no\x1ecx\x1er1.5 ms\x1eh<table><tr><td>1</table>",
    )
    yield (
        "old",
        b'{"nbformat":3,"worksheets":[{"cells":[{"cell_type":"code","input":"1","outputs":[{"output_type":"pyout","text":"1"}]}]}]}',
    )
    for number, cell in enumerate(released.cells):
        yield (
            f"cell-{number}",
            b"\x1d" + b"c" * (cell.kind == "code") + b"m" * (cell.kind != "code") + cell.source.encode(),
        )


if __name__ == "__main__":
    from harness import fuzz

    fuzz(try_one, alignment, document, checks, outputs)
