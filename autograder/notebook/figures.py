"""Figures of a notebook: their data, read from pictures, and what is required of them.

Of a picture without data, only its presence is judged.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.course.problem import CourseError
from autograder.notebook.alignment import Step, bound, loaded, stored
from autograder.notebook.document import FILL, PICTURES, PNG, Output, quoted
from autograder.notebook.figure_metadata import KEYWORD, MAX_ARTISTS, MAX_PACKED, MAX_TEXTS, VERSION
from autograder.wire import Array
from autograder.worker.job import FILE

# A required curve falls or rises by at least this share of its range, from its first quarter to its last.
MOVED = 0.25
MIN_POINTS = 3
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_UNPACKED = 1 << 20

_Few = msgspec.Meta(max_length=MAX_ARTISTS)
_Some = msgspec.Meta(max_length=MAX_TEXTS)


class Artist(msgspec.Struct, frozen=True):
    """A line, a scatter, a set of shapes or an image, with evenly chosen numbers of it."""

    kind: str
    label: str = ""
    x: Annotated[tuple[float | None, ...], _Few] = ()
    y: Annotated[tuple[float | None, ...], _Few] = ()


class Axes(msgspec.Struct, frozen=True):
    """One set of axes: its texts and what is drawn in it; `aside` for a colour bar, or where axes are switched off."""

    title: str = ""
    x: str = ""
    y: str = ""
    xscale: str = "linear"
    yscale: str = "linear"
    aside: bool = False
    legend: Annotated[tuple[str, ...], _Few] = ()
    texts: Annotated[tuple[str, ...], _Some] = ()
    artists: Annotated[tuple[Artist, ...], _Few] = ()

    @property
    def called(self) -> str:
        """Its title or label, for a message."""
        name = self.title or self.y or self.x
        return f"“{quoted(name)}”" if name else "its plot"


class Figure(msgspec.Struct, frozen=True):
    """A figure: its axes, and the title over them."""

    version: int
    title: str = ""
    axes: Annotated[tuple[Axes, ...], _Few] = ()


class RequiredAxes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The requirements on one set of axes, as docs/authors.md describes them."""

    about: str = ""
    labelled: bool = True
    curves: int = 0
    falls: bool | str = False
    rises: bool | str = False


class RequiredFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that a notebook must have; `under` is a heading, or "" for anywhere, and `file` a PNG file, or ""."""

    name: str
    under: str = ""
    file: str = ""
    axes: tuple[RequiredAxes, ...] = ()


class _Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    figures: tuple[RequiredFigure, ...]


def required_figures(path: Path) -> tuple[RequiredFigure, ...]:
    """Read a problem's ``figures.toml``; no figures where there is no such file, CourseError if it is wrong."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Page).figures
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: {error}") from None


def figures_of(outputs: Sequence[Output]) -> list[Figure | None]:
    """Read the pictures among outputs; None for one without data."""
    return [_of_output(output) for output in outputs if any(mime in output.data for mime in PICTURES)]


def of_png(content: bytes) -> Figure | None:
    """Read a figure's data from its PNG; None where there is none, or it is malformed."""
    keyword = b"tEXt" + KEYWORD.encode() + b"\0"
    at = content.find(keyword)
    if at < 4 or not content.startswith(PNG_SIGNATURE):
        return None
    text = content[at + len(keyword) : at + 4 + int.from_bytes(content[at - 4 : at])]
    try:
        plain = zlib.decompressobj().decompress(base64.b64decode(text[: MAX_PACKED + 1], validate=True), _MAX_UNPACKED)
        figure = msgspec.json.decode(plain, type=Figure)
    except (ValueError, zlib.error, msgspec.MsgspecError, RecursionError):
        return None
    return figure if figure.version == VERSION else None


def scaled(number: float | None, scale: str) -> float:
    """Scale a number as the axis does; NaN for none."""
    if number is None or scale != "log":
        return math.nan if number is None else number
    return math.log10(number) if number > 0 else -math.inf


def asked_of(
    steps: Sequence[Step], values: Sequence[str], figures: Sequence[RequiredFigure]
) -> tuple[tuple[str, int], ...]:
    """List the values and files that a run is asked for, each with the place of the step after which it is taken.

    That is the last given cell that makes it: later changes by a student's own cells don't count.
    """
    code = {n: step for n, step in enumerate(steps) if step.kind == "code" and step.source.strip()}
    makes = {n: bound(step.source) for n, step in code.items()}
    made = {value: [n for n in code if makes[n] & loaded(value)] for value in values}
    files = {figure.file for figure in figures if figure.file}
    made |= {f"{FILE}{file}": [n for n, step in code.items() if file in step.source] for file in sorted(files)}
    last = max(code, default=-1)
    return tuple(
        (what, max([n for n in places if steps[n].given] or places, default=last)) for what, places in made.items()
    )


def made_up(steps: Sequence[Step], ended_well: Container[int]) -> set[int]:
    """Find the given cells that read what a failed given cell should have set, and a student's own cell has set."""
    lost, theirs, found = set[str](), set[str](), set[int]()
    for n, step in enumerate(steps):
        if step.kind == "code":
            sets = bound(step.source) & stored(step.source)
            if step.given and n in ended_well and loaded(step.source) & lost & theirs:
                found.add(n)
                theirs |= sets
            if not step.given:
                theirs |= sets
            elif n in ended_well and n not in found:
                lost -= sets
            else:
                lost |= sets
    return found


def has_its_figures(
    required: Sequence[RequiredFigure],
    steps: Sequence[Step],
    rerun: Mapping[int, Sequence[Output]],
    values: Mapping[str, Array],
) -> list[Finding]:
    """List the required figures that are missing from the run, or don't show what they must.

    `rerun` has the outputs of the steps that ended well, by place; `values` the pictures written, by ``file NAME``.
    """
    findings = []
    for one in required:
        shown = [figure for n in _places(one, steps) for figure in figures_of(rerun.get(n, ()))]
        if one.file:
            picture = values[f"{FILE}{one.file}"].tobytes() if f"{FILE}{one.file}" in values else b""
            if not picture.startswith(PNG_SIGNATURE):
                advice = f"run the cell that saves {one.name}, and see that it gets there"
                findings.append(Finding(Code.STRUCTURE, one.name, f"`{one.file}` was not written: {advice}"))
                continue
            shown.append(of_png(picture))
        findings += _lacks(one, shown)
    return findings


def _places(required: RequiredFigure, steps: Sequence[Step]) -> list[int]:
    """List the cells where a figure may be drawn: given ones, or any if all given ones are to be filled."""
    headings = [cell.heading if (cell := step.given or step.saved) else "" for step in steps]
    places = [n for n, heading in enumerate(headings) if not required.under or heading == required.under]
    given = [(n, cell) for n in places if (cell := steps[n].given) and cell.kind == "code"]
    return places if all(FILL in cell.tags for _, cell in given) else [n for n, _ in given]


def _lacks(required: RequiredFigure, shown: Sequence[Figure | None]) -> Iterator[Finding]:
    name = required.name
    if not shown:
        where = f" under “{required.under}”" if required.under else ""
        yield Finding(Code.STRUCTURE, name, f"{name}: no figure is drawn{where}; see which cell failed")
    known = [figure for figure in shown if figure is not None]
    for axes in required.axes if known else ():
        shown_in = [one for figure in known for one in figure.axes if not one.aside]
        faults = [
            _fault(axes, one)
            for one in shown_in
            if axes.about.casefold() in " ".join((one.title, one.x, one.y, *one.legend)).casefold()
        ]
        if not faults:
            message = f"{name}: nothing in it is about “{axes.about}”; say so in a title or on an axis"
            yield Finding(Code.STRUCTURE, name, message)
        elif all(faults):
            code, said = next(fault for fault in faults if fault)
            yield Finding(code, name, f"{name}: {said}")


def _fault(required: RequiredAxes, axes: Axes) -> tuple[Code, str] | None:
    lines = [one for one in axes.artists if one.kind == "line" and len(one.y) >= MIN_POINTS]
    if required.labelled and not (axes.x and axes.y):
        axis = "y axis" if axes.x else "x axis" if axes.y else "x and y axes"
        return Code.STRUCTURE, f"{axes.called} has no label on its {axis}; write what is drawn, and in which unit"
    if len(lines) < required.curves:
        return Code.STRUCTURE, f"{axes.called} shows too few curves ({len(lines)}); expected {required.curves}"
    for asked, sign, verb in ((required.falls, 1, "falls"), (required.rises, -1, "rises")):
        word = asked if isinstance(asked, str) else ""
        meant = [line for line in lines if word.casefold() in line.label.casefold()]
        if asked and not any(_drop(line.y, axes.yscale) * sign >= MOVED for line in meant):
            said = f"the {word} in {axes.called} never {verb}" if word else f"no curve in {axes.called} {verb}"
            return Code.VALUES, f"{said}; see what training does there"
    return None


def _drop(numbers: Sequence[float | None], scale: str) -> float:
    """Measure how much lower the last quarter of a curve is than its first, in units of its range."""
    heights = [height for value in numbers if math.isfinite(height := scaled(value, scale))]
    if len(heights) < MIN_POINTS or (span := max(heights) - min(heights)) <= 0:
        return 0.0
    quarter = max(len(heights) // 4, 1)
    return (sum(heights[:quarter]) - sum(heights[-quarter:])) / quarter / span


def _of_output(output: Output) -> Figure | None:
    try:
        return of_png(base64.b64decode(output.data.get(PNG, ""), validate=False))
    except ValueError:
        return None
