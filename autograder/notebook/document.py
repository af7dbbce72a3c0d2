"""A notebook as frozen records: its cells and their outputs, read within bounds from untrusted bytes.

nbformat's reader is not used: it gives cells without an id a random one, raises over missing fields that Jupyter
accepts, and takes 0.3 s to import.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.notebook.source import described

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
    """One output of a cell.

    Attributes
    ----------
    kind : str
        ``stream``, ``display``, ``result`` or ``error``.
    name : str
        Of a stream, ``stdout`` or ``stderr``; of an error, the exception's name.
    text : str
        A stream's text; a display's or result's plain text; an error's message.
    data : mapping of str to str
        Of a display or result, by MIME type: plain text, pictures in base64; "" for other types.
    clipped : bool
        There was more than was kept.
    """

    kind: str
    name: str = ""
    text: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    clipped: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    number : int
        Its place in its notebook, from 1, cells of all kinds counted.
    kind : str
        ``code``, ``markdown`` or ``raw``.
    source : str
        With Unix line ends.
    count : int or None
        The execution count.
    heading : str
        Its own first heading, or the nearest one above.
    key : str
        ``metadata.autograder.key`` of a released cell, or "".
    """

    number: int
    kind: str
    source: str
    id: str = ""
    count: int | None = None
    outputs: tuple[Output, ...] = ()
    tags: frozenset[str] = frozenset()
    heading: str = ""
    key: str = ""

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

    @property
    def empty(self) -> bool:
        """The source is only white space."""
        return not self.source.strip()


@dataclass(frozen=True)
class Notebook:
    """A notebook's cells, in order."""

    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        """The cells of code."""
        return tuple(cell for cell in self.cells if cell.kind == "code")


def read(content: bytes, name: str = "the notebook") -> Notebook:
    """Read a notebook. Fields that break the format but that Jupyter opens are accepted.

    Parameters
    ----------
    content : bytes
        The file, from a stranger.
    name : str
        Its name in messages.

    Raises
    ------
    UnreadableError
        If it is no notebook, or a larger one than anybody works on by hand.
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
        raise UnreadableError(
            f"{name} holds more than {MAX_SOURCES:,} characters of text and code; hand in your own work"
        )
    return Notebook(_with_headings(found))


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


def as_notebook(text: str, problem: str) -> bytes:
    """Convert a py:percent text to a notebook without outputs, as it is released.

    A cell's id and key are derived from what it holds, so that other cells leave them as they are. Of its metadata only
    the tags are kept; a cell with a gap gets the tag `FILL`.
    """
    # Staff's dependencies: students' own checks import this module, too.
    import jupytext  # type: ignore[import-untyped]  # noqa: PLC0415
    import nbformat  # noqa: PLC0415

    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        content = f"{problem}\n{cell.cell_type}\n{cell.source}"
        seen[content] = seen.get(content, 0) + 1
        key = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]
        to_fill = cell.cell_type == "code" and any(each.gap for each in described(cell.source))
        tags = {*cell.metadata.get("tags", ()), *((FILL,) if to_fill else ())}
        cell["id"] = key
        cell.metadata = {OURS: {"key": key}, **({"tags": sorted(tags)} if tags else {})}
    nbformat.validate(notebook)
    text = str(nbformat.writes(notebook, version=nbformat.NO_CONVERT))  # type: ignore[no-untyped-call]
    return f"{text}\n".encode()


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
        raise UnreadableError(
            f"{name} has {len(content) >> 20} MiB; expected at most {MAX_BYTES >> 20}: "
            "find the cell that prints so much, print less, run it again"
        )
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
    count, raws = raw.get("execution_count"), raw.get("outputs")
    raws = raws if isinstance(raws, list) else []
    outputs = [one for one in map(output, raws[:MAX_OUTPUTS]) if one is not None]
    if len(raws) > MAX_OUTPUTS and outputs:
        outputs[-1] = replace(outputs[-1], clipped=True)
    return replace(cell, count=count if type(count) is int and 0 < count < 10**9 else None, outputs=tuple(outputs))


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
