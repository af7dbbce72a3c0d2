"""A notebook out of bytes that a student has handed in: in bounds, or a sentence that says why not."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from autograder.notebook.document import OURS, PICTURES, PNG, Cell, Notebook, Output, shortened

# What a course site takes; a notebook of 50 MiB is 50 MiB of outputs.
MAX_BYTES = 50 << 20
MAX_CELLS = 2_000
MAX_OUTPUTS = 2_000
# Of one cell's source, and of one output; a picture has more, as base64.
MAX_CHARACTERS = 1_000_000
# Of all cells' sources.
MAX_SOURCES = 2_000_000
MAX_PICTURE_CHARACTERS = 24_000_000
# Texts, lists, objects and their entries: read as JSON, each takes up to a hundred bytes, however few it is written in.
MAX_PIECES = 2_000_000
# Of other kinds of data it is enough to know that they are there.
_READ = ("text/plain", "text/html", "text/markdown", "text/latex", *PICTURES)

# What formats before 4 called these.
_OLD_NAMES = {
    "text": "text/plain",
    "html": "text/html",
    "latex": "text/latex",
    "png": PNG,
    "jpeg": "image/jpeg",
    "svg": "image/svg+xml",
}

_HEADING = re.compile(r"[ ]{0,3}#{1,6}\s+(.*?)\s*#*\s*\Z")
# Where no quote closes a text it goes on to the end, so that nothing is looked at twice.
_PIECE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_JSON = {
    b"PK\x03\x04": "it is an archive; hand the notebook in unpacked",
    b"%PDF": "it is a PDF; hand in the notebook itself",
    b"<": "it is a web page; hand in the notebook itself, not an export",
    b"#": "it is a text or a Python file; hand in the notebook itself, not an export",
    b"version https://git-lfs": "it is a pointer of Git LFS; hand in the file that it points to",
}


class UnreadableError(Exception):
    """What was handed in is no notebook that could be judged; the message is for the student."""


def read(content: bytes, name: str = "the notebook") -> Notebook:
    """The notebook that these bytes are.

    Format 4 is read as it stands, in whatever minor version; formats 2 and 3 as Jupyter turns them into it. What a
    format forbids and Jupyter opens all the same is let pass: a field too many is nobody's mistake. Therefore Jupyter's
    own reader is not used: it is strict where that helps nobody, and raises whatever hostile values make it raise.

    Parameters
    ----------
    content : bytes
    name : str
        What to call it in a message.

    Raises
    ------
    UnreadableError
        If they are none, or none in Python, or one larger than any that was worked on by hand.
    """
    raw = _parsed(content, name)
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise UnreadableError(
            f"{name} holds JSON, but no notebook: it has no number `nbformat`; hand in the file that Jupyter saved"
        )
    if raw["nbformat"] < 4:
        raw = _upgraded(raw, name)
    elif raw["nbformat"] > 4:
        raise UnreadableError(
            f"{name} has nbformat {shortened(str(raw['nbformat']))}; expected 4: save it with JupyterLab 4"
        )
    cells = raw.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise UnreadableError(f"{name} has no list of cells; open it in Jupyter, repair it, and save it again")
    if len(cells) > MAX_CELLS:
        raise UnreadableError(f"{name} has {len(cells):,} cells; expected at most {MAX_CELLS:,}")
    if (language := _language(raw.get("metadata"))) and not re.match(r"i?python", language, re.IGNORECASE):
        raise UnreadableError(
            f"{name} is written in {shortened(language)}; expected Python: choose a Python kernel, run all, save"
        )
    found = [_cell(cell, number, name) for number, cell in enumerate(cells, 1)]
    if sum(len(cell.source) for cell in found) > MAX_SOURCES:
        raise UnreadableError(
            f"{name} holds more than {MAX_SOURCES:,} characters of text and code; hand in your own work"
        )
    return Notebook(_with_headings(found))


def output(raw: Any, most_printed: int = MAX_CHARACTERS) -> Output | None:
    """One output, as the format writes it; None if it is none. Believes nothing: a run's are read by it too."""
    if not isinstance(raw, dict):
        return None
    match raw.get("output_type"):
        case "stream":
            text, clipped = _text(raw.get("text"), most_printed)
            return Output("stream", "stderr" if raw.get("name") == "stderr" else "stdout", text, {}, clipped)
        case "error":
            text, clipped = _text(raw.get("evalue"))
            return Output("error", shortened(_text(raw.get("ename"))[0]) or "an error", text, {}, clipped)
        case "execute_result" | "display_data" | "update_display_data" as kind:
            found = raw.get("data")
            data: dict[str, str] = {}
            clipped = False
            for mime, value in found.items() if isinstance(found, dict) else ():
                if len(data) < 20:
                    data[mime[:100]], more = _datum(mime, value)
                    clipped = clipped or more
            text = data.get("text/plain", "")
            return Output("result" if kind == "execute_result" else "display", "", text, data, clipped)
    return None


def _parsed(content: bytes, name: str) -> Any:
    if len(content) > MAX_BYTES:
        raise UnreadableError(
            f"{name} has {len(content) >> 20} MiB; expected at most {MAX_BYTES >> 20}: "
            "find the cell that prints so much, print less, run it again"
        )
    if not content.strip():
        raise UnreadableError(f"{name} is an empty file; save the notebook in Jupyter and hand it in again")
    for beginning, what in _NOT_JSON.items():
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(beginning):
            raise UnreadableError(f"{name} is no notebook: {what}")
    try:
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        # No text has more pieces than these letters: those that have few needn't be looked at more closely.
        if sum(map(text.count, '"[{,')) > MAX_PIECES and next(islice(_PIECE.finditer(text), MAX_PIECES, None), None):
            raise UnreadableError(
                f"{name} holds more than {MAX_PIECES:,} lines and values; find the cell that prints or shows so much, "
                "show less, run it again"
            )
        return json.loads(text)
    except UnicodeDecodeError:
        raise UnreadableError(f"{name} is no text: a notebook is JSON in UTF-8; save it in Jupyter again") from None
    except json.JSONDecodeError as error:
        conflict = " (it holds the marks of a merge conflict)" if b"\n<<<<<<<" in content else ""
        raise UnreadableError(
            f"{name} is broken JSON at line {error.lineno}{conflict}; Jupyter can't open it either: restore the last "
            "version that opens"
        ) from None
    except (ValueError, RecursionError, MemoryError):
        # A number of thousands of digits, brackets within brackets: nobody's editor writes such a thing.
        raise UnreadableError(f"{name} is JSON of a kind that no notebook is; save it in Jupyter again") from None


def _upgraded(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """A notebook of an older format in the words of this one, as far as they are read."""
    sheets = raw.get("worksheets")
    cells = [
        cell
        for sheet in (sheets if isinstance(sheets, list) else [])
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        for cell in sheet["cells"]
    ]
    if not all(isinstance(cell, dict) for cell in cells):
        raise UnreadableError(
            f"{name} has nbformat {shortened(str(raw['nbformat']))}, and can't be read; open it in JupyterLab and save "
            "it again"
        )
    return {**raw, "cells": [_upgraded_cell(cell) for cell in cells]}


def _upgraded_cell(cell: dict[str, Any]) -> dict[str, Any]:
    match cell.get("cell_type"):
        case "code":
            outputs = cell.get("outputs")
            return {
                "cell_type": "code",
                "source": cell.get("input"),
                "execution_count": cell.get("prompt_number"),
                "outputs": [_upgraded_output(one) for one in outputs] if isinstance(outputs, list) else [],
            }
        case "heading":
            level = cell.get("level")
            marks = "#" * level if type(level) is int and 0 < level < 7 else "#"
            return {"cell_type": "markdown", "source": f"{marks} {_text(cell.get('source'))[0]}"}
    return {"cell_type": cell.get("cell_type"), "source": cell.get("source")}


def _upgraded_output(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return None
    match raw.get("output_type"):
        case "stream":
            return {**raw, "name": raw.get("stream")}
        case "pyerr":
            return {**raw, "output_type": "error"}
        case "pyout" | "display_data" as kind:
            data = {mime: raw[name] for name, mime in _OLD_NAMES.items() if name in raw}
            return {"output_type": "execute_result" if kind == "pyout" else kind, "data": data}
    return None


def _field(raw: Any, name: str) -> Any:
    return raw.get(name) if isinstance(raw, dict) else None


def _language(metadata: Any) -> str:
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        said = _field(_field(metadata, part), key)
        if isinstance(said, str) and said:
            return said
    return ""


def _cell(raw: dict[str, Any], number: int, name: str) -> Cell:
    kind = raw.get("cell_type")
    source, clipped = _text(raw.get("source"))
    if clipped:
        raise UnreadableError(f"{name}, cell {number}: its source has more than {MAX_CHARACTERS:,} characters")
    metadata = _field(raw, "metadata")
    tags = _field(metadata, "tags")
    identity, key = raw.get("id"), _field(_field(metadata, OURS), "key")
    cell = Cell(
        number,
        kind if kind in ("code", "markdown") else "raw",
        re.sub(r"\r\n?", "\n", source),
        identity if isinstance(identity, str) else "",
        tags=frozenset(tag for tag in tags[:20] if isinstance(tag, str)) if isinstance(tags, list) else frozenset(),
        key=key if isinstance(key, str) else "",
    )
    if cell.kind != "code":
        return cell
    count, outputs = raw.get("execution_count"), raw.get("outputs")
    found = outputs if isinstance(outputs, list) else []
    read_ones = [one for one in map(output, found[:MAX_OUTPUTS]) if one is not None]
    if len(found) > MAX_OUTPUTS and read_ones:
        read_ones[-1] = replace(read_ones[-1], clipped=True)
    return replace(cell, count=count if type(count) is int and 0 < count < 10**9 else None, outputs=tuple(read_ones))


def _datum(mime: str, value: Any) -> tuple[str, bool]:
    """What is kept of one kind of data, and whether there was more."""
    if mime not in _READ:
        return "", False
    return _text(value, MAX_PICTURE_CHARACTERS if mime in PICTURES else MAX_CHARACTERS)


def _text(value: Any, most: int = MAX_CHARACTERS) -> tuple[str, bool]:
    """A text that the format may write as a list of its lines, and whether there was more of it."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    if not isinstance(value, str):
        return "", False
    # Half of a character pair is allowed in JSON, and in no file or terminal that a message goes to; a run says ?, too.
    return _SURROGATE.sub("?", value[:most]), len(value) > most


def _with_headings(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    heading, found = "", []
    for cell in cells:
        if cell.kind == "markdown":
            said = (_HEADING.match(line) for line in cell.source.splitlines())
            headings = [match.group(1) for match in said if match]
            found.append(replace(cell, heading=headings[0] if headings else heading))
            heading = headings[-1] if headings else heading
        else:
            found.append(replace(cell, heading=heading))
    return tuple(found)
