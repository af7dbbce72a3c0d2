"""A notebook: its cells and their outputs, as frozen records, and how a message speaks of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.notebook.source import described

# What is read at a glance.
SHORT = 48

# Tags of a released notebook's cells. A student's own mean nothing.
# A cell that is to be filled.
FILL = "fill"
# What the cell shows is about the machine, and is not compared.
ENVIRONMENT = "environment"

# Under this name a released cell's metadata hold ``{"key": …}``, by which it is found again.
OURS = "autograder"

PNG = "image/png"
PICTURES = (PNG, "image/jpeg", "image/svg+xml")


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
        What a display or result holds, by MIME type: texts, pictures as base64; of other types only that they are
        there.
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
    id : str
        Or "", where there is none.
    key : str
        Of a given cell: ``metadata.autograder.key``, by which it is found again; or "".
    kind : str
        ``code``, ``markdown`` or ``raw``.
    source : str
        With one kind of line end, whatever stood there.
    count : int or None
        The execution count.
    outputs : tuple of Output
    tags : frozenset of str
    heading : str
        The nearest heading above it, or its own.
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
        """Where a student finds it: its number, and what it begins with or what it stands under."""
        return f"{self.where} ({self.looks})"

    @property
    def looks(self) -> str:
        """What it begins with, and what it stands under, to be found by without a number."""
        lines = (line.strip() for line in self.source.splitlines())
        first = next((line for line in lines if line and _says_something(line, self.kind)), "")
        begins = f"`{shortened(first.replace('`', ''))}`" if first else "empty"
        under = f" under “{shortened(self.heading)}”" if self.heading and self.heading not in first else ""
        return f"{begins}{under}"

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it but white space."""
        return not self.source.strip()


@dataclass(frozen=True)
class Notebook:
    """A notebook's cells, in order."""

    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        """The cells that hold code."""
        return tuple(cell for cell in self.cells if cell.kind == "code")


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


def _says_something(line: str, kind: str) -> bool:
    """Whether a cell is known by this line: not by a comment that an export has put before it."""
    return kind != "code" or not EXPORT_COMMENT.match(line)


# What a script that was exported from a notebook has between its cells.
EXPORT_COMMENT = re.compile(r"#\s*(?:In\s*\[[\d\s*]*\]:?|%%.*|<codecell>)\s*\Z")


def shortened(text: str) -> str:
    """A text on one line, and no longer than is read at a glance."""
    text = " ".join(text.split())
    return text if len(text) <= SHORT else f"{text[: SHORT - 1].rstrip()}…"


def quoted(line: str) -> str:
    """A line of a notebook, short, to be put between backticks."""
    return shortened(line.replace("`", "'"))


def where_they_part(one: str, other: str) -> tuple[str, str]:
    """Two lines, to be put between backticks: as much of them as shows where they part."""
    alike = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, alike - SHORT // 3) if alike and max(len(one), len(other)) > SHORT else 0
    first, second = (quoted(f"…{line[start:]}" if start else line) for line in (one, other))
    return first, second
