"""A notebook as frozen records: its cells and their outputs, read within bounds from untrusted bytes.

nbformat's reader is not used: it gives cells without an id a random one, raises over missing fields that Jupyter
accepts, and takes 0.3 s to import.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

# Tags of released cells; a student's own tags mean nothing. A cell with this one is to be filled.
FILL = "fill"
# The output of a cell with this tag is about the machine, and is not compared.
ENVIRONMENT = "environment"
# The field of a released cell's metadata that holds ``{"key": …}``, by which the cell is found again.
OURS = "autograder"

PNG = "image/png"
PICTURES = (PNG, "image/jpeg", "image/svg+xml")

# The upload limit of most course sites.
MAX_BYTES = 50 << 20
MAX_CELLS = 2_000
# Most outputs of one cell.
MAX_OUTPUTS = 2_000
# Most characters of one source, or one output.
MAX_CHARACTERS = 1_000_000
MAX_PICTURE_CHARACTERS = 24_000_000
# Most characters of all sources together.
MAX_SOURCES = 2_000_000
# Most characters of a line that a message shows.
SHORT = 48
_SAVE = "hand in the file that Jupyter saves and opens"

_HEADING = re.compile(r"[ ]{0,3}#{1,6}\s+(.*?)\s*#*\s*\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


class UnreadableError(Exception):
    """The bytes are no notebook that can be judged; the message is for the student."""


@dataclass(frozen=True)
class Output:
    """One output of a cell; `clipped` if there was more than was kept.

    `data` of a display or result has, by MIME type, plain text, and pictures in base64; "" for other types.
    """

    kind: str  # `stream`, `display`, `result` or `error`
    name: str = ""  # of a stream, `stdout` or `stderr`; of an error, the exception's name
    text: str = ""  # of a display or result, plain text
    data: Mapping[str, str] = field(default_factory=dict)
    clipped: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell; its source has Unix line ends."""

    number: int  # in its notebook, from 1, cells of all kinds counted
    kind: str  # `code`, `markdown` or `raw`
    source: str
    id: str = ""
    count: int | None = None
    outputs: tuple[Output, ...] = ()
    tags: frozenset[str] = frozenset()
    heading: str = ""  # its own first heading, or the nearest one above
    key: str = ""  # `metadata.autograder.key` of a released cell, or ""

    @property
    def where(self) -> str:
        """``cell 7``: short, and unique in its notebook."""
        return f"cell {self.number}"

    @property
    def place(self) -> str:
        """The number, the first line and the heading, for a message."""
        return f"{self.where} ({self.looks})"

    @property
    def looks(self) -> str:
        """The first line and the heading."""
        first = next((line for line in self.source.splitlines() if line.strip()), "")
        begins = f"`{shortened(first.replace('`', ''))}`" if first else "empty"
        under = f" under “{shortened(self.heading)}”" if self.heading and self.heading not in first else ""
        return f"{begins}{under}"


@dataclass(frozen=True)
class Notebook:
    """A notebook's cells, in order."""

    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        """The cells of code."""
        return tuple(cell for cell in self.cells if cell.kind == "code")


def read(content: bytes, name: str = "the notebook") -> Notebook:
    """Read a notebook; UnreadableError if it is none, or a larger one than anybody works on by hand.

    Fields that break the format but that Jupyter opens are accepted. A message has the notebook's `name`.
    """
    raw = _parsed(content, name)
    version, cells = _field(raw, "nbformat"), _field(raw, "cells")
    if type(version) is not int:
        raise UnreadableError(f"{name} is no notebook: it has no number `nbformat`; {_SAVE}")
    if version != 4:
        raise UnreadableError(f"{name} has nbformat {shortened(str(version))}; expected 4: save it with JupyterLab 4")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise UnreadableError(f"{name} is no notebook: it has no list of cells; {_SAVE}")
    if len(cells) > MAX_CELLS:
        raise UnreadableError(f"{name} has {len(cells):,} cells; expected at most {MAX_CELLS:,}")
    found = [_cell(cell, number, name) for number, cell in enumerate(cells, 1)]
    if sum(len(cell.source) for cell in found) > MAX_SOURCES:
        raise UnreadableError(f"{name} has more than {MAX_SOURCES:,} characters of text and code; hand in your own")
    return Notebook(_with_headings(found))


def outputs_of(raws: Any, max_characters: int = MAX_CHARACTERS) -> tuple[Output, ...]:
    """Read a list of outputs in nbformat's form; what is malformed is left out."""
    raws = raws if isinstance(raws, list) else []
    outputs = [one for raw in raws[:MAX_OUTPUTS] if (one := output(raw, max_characters))]
    if len(raws) > MAX_OUTPUTS and outputs:
        outputs[-1] = replace(outputs[-1], clipped=True)
    return tuple(outputs)


def output(raw: Any, max_characters: int = MAX_CHARACTERS) -> Output | None:
    """Read one output in nbformat's form, saved or from a run, both untrusted; None if it is malformed."""
    match _field(raw, "output_type"):
        case "stream":
            text, clipped = _text(raw.get("text"), max_characters)
            return Output("stream", "stderr" if raw.get("name") == "stderr" else "stdout", text, {}, clipped)
        case "error":
            text, clipped = _text(raw.get("evalue"))
            return Output("error", shortened(_text(raw.get("ename"))[0]) or "an error", text, {}, clipped)
        case "execute_result" | "display_data" | "update_display_data" as kind:
            bundle = raw.get("data") if isinstance(raw.get("data"), dict) else {}
            text, clipped = _text(bundle.get("text/plain"))
            pictures = {mime: _text(bundle[mime], MAX_PICTURE_CHARACTERS)[0] for mime in PICTURES if mime in bundle}
            data = {mime: text if mime == "text/plain" else pictures.get(mime, "") for mime in bundle}
            return Output("result" if kind == "execute_result" else "display", "", text, data, clipped)
    return None


def shortened(text: str) -> str:
    """Put a text on one line of at most `SHORT` characters."""
    text = " ".join(text.split())
    return text if len(text) <= SHORT else f"{text[: SHORT - 1].rstrip()}…"


def quoted(line: str) -> str:
    """Shorten a line so that it can stand between backticks."""
    return shortened(line.replace("`", "'"))


def where_they_part(one: str, other: str) -> tuple[str, str]:
    """Quote two lines from shortly before their first difference."""
    alike = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, alike - SHORT // 3) if alike and max(len(one), len(other)) > SHORT else 0
    first, second = (quoted(f"…{line[start:]}" if start else line) for line in (one, other))
    return first, second


def _parsed(content: bytes, name: str) -> Any:
    if len(content) > MAX_BYTES:
        size, advice = len(content) >> 20, "find the cell that prints so much, print less, run it again"
        raise UnreadableError(f"{name} has {size} MiB; expected at most {MAX_BYTES >> 20}: {advice}")
    if not content.strip():
        raise UnreadableError(f"{name} is an empty file; {_SAVE}")
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        why = f"it is broken JSON at line {error.lineno}"
    except (ValueError, RecursionError, MemoryError):  # no text, thousands of digits, brackets in brackets
        why = "it can't be read as JSON"
    raise UnreadableError(f"{name} is no notebook: {why}; {_SAVE}")


def _field(raw: Any, *names: str) -> Any:
    for name in names:
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw


def _cell(raw: dict[str, Any], number: int, name: str) -> Cell:
    source, clipped = _text(raw.get("source"))
    if clipped:
        raise UnreadableError(f"{name}, cell {number}: its source has more than {MAX_CHARACTERS:,} characters")
    kind, tags = raw.get("cell_type"), _field(raw, "metadata", "tags")
    identity, key = raw.get("id"), _field(raw, "metadata", OURS, "key")
    count, raws = (raw.get("execution_count"), raw.get("outputs")) if kind == "code" else (None, None)
    return Cell(
        number,
        kind if kind in ("code", "markdown") else "raw",
        re.sub(r"\r\n?", "\n", source),
        identity if isinstance(identity, str) else "",
        count if type(count) is int and 0 < count < 10**9 else None,
        outputs_of(raws),
        frozenset(tag for tag in tags[:20] if isinstance(tag, str)) if isinstance(tags, list) else frozenset(),
        key=key if isinstance(key, str) else "",
    )


def _text(value: Any, max_characters: int = MAX_CHARACTERS) -> tuple[str, bool]:
    """Read a text, or a list of its lines, up to a length; the second value is True if there was more."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    if not isinstance(value, str):
        return "", False
    # JSON allows half of a surrogate pair, which no file or terminal accepts.
    return _SURROGATE.sub("?", value[:max_characters]), len(value) > max_characters


def _with_headings(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    heading, found = "", []
    for cell in cells:
        said = (_HEADING.match(line) for line in cell.source.splitlines() if cell.kind == "markdown")
        headings = [match.group(1) for match in said if match]
        found.append(replace(cell, heading=headings[0] if headings else heading))
        heading = headings[-1] if headings else heading
    return tuple(found)
