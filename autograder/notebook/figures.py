"""What figures show, as plain data: read from pictures, compared, and held against what they must show.

Two figures are the same if they have the same axes, with the same words on them, and in each the same kinds of artists
with the same numbers. Colours, sizes, markers and fonts are style. Numbers agree to within 1 % of the range they are
drawn in: a figure is looked at, not read, and on a logarithmic scale it is the logarithms that are looked at.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from autograder import codes
from autograder.compare import Finding
from autograder.notebook.document import PICTURES, PNG, Output, quoted
from autograder.notebook.drawn import KEYWORD, MAX_ARTISTS, MAX_PACKED, MAX_TEXTS, VERSION
from autograder.notebook.given import Step
from autograder.notebook.texts import same_numbers
from autograder.problem import CourseError

WITHIN = 0.01
# What a curve must have lost, or gained, of its range between its first quarter and its last.
MOVED = 0.25
LEAST_POINTS = 3

_MAX_UNPACKED = 1 << 20
_MAX_CHUNKS = 10_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


# What is longer was not written by ours.
_Few = msgspec.Meta(max_length=MAX_ARTISTS)
_Some = msgspec.Meta(max_length=MAX_TEXTS)


class Numbers(msgspec.Struct, frozen=True):
    """Numbers that were drawn: how many, their range, their mean, and some of them, evenly chosen."""

    n: int
    at: Annotated[tuple[float | None, ...], _Few] = ()
    shape: Annotated[tuple[int, ...], _Few] = ()
    min: float | None = None
    max: float | None = None
    mean: float | None = None


class Artist(msgspec.Struct, frozen=True):
    """A line, a cloud of points, a group of bars, an image."""

    kind: str
    label: str = ""
    x: Numbers | None = None
    y: Numbers | None = None

    @property
    def called(self) -> str:
        """What a message calls it."""
        return f"the {self.kind} “{quoted(self.label)}”" if self.label else f"a {self.kind}"


class Axes(msgspec.Struct, frozen=True):
    """One set of axes: the words on it, and what is drawn in it."""

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
        """What a message calls it."""
        name = self.title or self.y or self.x
        return f"“{quoted(name)}”" if name else "its plot"


class Figure(msgspec.Struct, frozen=True):
    """A figure: its axes, and the title over them."""

    version: int
    title: str = ""
    axes: Annotated[tuple[Axes, ...], _Few] = ()


class WantedAxes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one set of axes must show.

    Attributes
    ----------
    about : str
        A word in its title or on its axes, by which it is found; "" for any.
    labelled : bool
        Both axes say what they show.
    curves : int
        How many lines of at least three points it has, or more.
    falls, rises : bool or str
        A curve ends well below, or above, where it began; with a word, one that has it in its label.
    """

    about: str = ""
    labelled: bool = True
    curves: int = 0
    falls: bool | str = False
    rises: bool | str = False


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that a problem's notebook must have.

    Attributes
    ----------
    name : str
        What a message calls it: ``the training curves``.
    under : str
        The heading of the given notebook under which it is drawn; "" for anywhere.
    file : str
        The PNG file that it is saved as; "" for none.
    axes : tuple of WantedAxes
    """

    name: str
    under: str = ""
    file: str = ""
    axes: tuple[WantedAxes, ...] = ()


class _Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    figures: tuple[Wanted, ...]


def wanted_figures(path: Path) -> tuple[Wanted, ...]:
    """The figures that a problem asks for in its ``figures.toml``; none where there is no such file.

    Raises
    ------
    CourseError
        If the file is wrong.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Page).figures
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: {error}") from None


def has_its_figures(
    wanted: Sequence[Wanted],
    steps: Sequence[Step],
    rerun: Mapping[int, Sequence[Output]],
    files: Mapping[str, bytes],
) -> list[Finding]:
    """The wanted figures that are missing, or don't show what they must.

    What is judged is what the student's code draws. Whether the saved pictures show the same is another question, and
    :mod:`autograder.notebook.truth` asks it.

    Parameters
    ----------
    wanted : sequence of Wanted
    steps : sequence of Step
    rerun : mapping of int to sequence of Output
        What each step that ended well has shown in a run of ours, by its place in `steps`.
    files : mapping of str to bytes
        The pictures that the run has written into its folder, by name.
    """
    findings = []
    for one in wanted:
        places = [n for n, step in enumerate(steps) if not one.under or _heading(step) == one.under]
        shown = [figure for n in places for figure in figures_of(rerun.get(n, ()))]
        if one.file:
            picture = files.get(one.file)
            if picture is None or not picture.startswith(_SIGNATURE):
                message = (
                    f"`{one.file}` was not written: run the cell that saves {one.name}, and see that it gets there"
                )
                findings.append(Finding(codes.STRUCTURE, one.name, message))
                continue
            shown.append(of_png(picture))
        findings += _lacks(one, shown)
    return findings


def figures_of(outputs: Sequence[Output]) -> list[Figure | None]:
    """The pictures among outputs: of each what it shows, or None where that can't be told."""
    return [_of_output(output) for output in outputs if any(mime in output.data for mime in PICTURES)]


def of_png(content: bytes) -> Figure | None:
    """What a PNG says that it shows; None if it says nothing, or nothing that can be understood."""
    if not content.startswith(_SIGNATURE):
        return None
    keyword, at = KEYWORD.encode() + b"\0", len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(content):
            return None
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"tEXt" and content.startswith(keyword, at + 8) and length <= MAX_PACKED + len(keyword):
            return _unpacked(content[at + 8 + len(keyword) : at + 8 + length])
        at += 12 + length
    return None


def differ(shown: Figure, gives: Figure) -> str:
    """How a saved figure differs from the one that the code draws, as the end of a sentence; "" if it doesn't."""
    if len(shown.axes) != len(gives.axes):
        return f"shows {_count(len(shown.axes), 'plot')}, your code draws {len(gives.axes)}"
    if not same_numbers(shown.title, gives.title):
        return f"has the title `{quoted(shown.title)}`, your code writes `{quoted(gives.title)}`"
    return next((said for pair in zip(shown.axes, gives.axes, strict=True) if (said := _axes_differ(*pair))), "")


def _of_output(output: Output) -> Figure | None:
    try:
        return of_png(base64.b64decode(output.data.get(PNG, ""), validate=False))
    except (binascii.Error, ValueError):
        return None


def _unpacked(text: bytes) -> Figure | None:
    try:
        inflater = zlib.decompressobj()
        plain = inflater.decompress(base64.b64decode(text, validate=True), _MAX_UNPACKED)
        figure = msgspec.json.decode(plain, type=Figure)
    except (binascii.Error, ValueError, zlib.error, msgspec.MsgspecError, RecursionError):
        return None
    return figure if figure.version == VERSION else None


def _axes_differ(shown: Axes, gives: Axes) -> str:
    for what, one, other in (
        ("the title", shown.title, gives.title),
        ("the x label", shown.x, gives.x),
        ("the y label", shown.y, gives.y),
        ("the legend", ", ".join(shown.legend), ", ".join(gives.legend)),
    ):
        if not same_numbers(one, other):
            return f"has {what} {_or_none(one)}, your code writes {_or_none(other)}"
    for which, one, other in (("x", shown.xscale, gives.xscale), ("y", shown.yscale, gives.yscale)):
        if one != other:
            return f"has a {quoted(one)} {which} axis in {shown.called}, your code draws a {quoted(other)} one"
    kinds, drawn = [one.kind for one in shown.artists], [one.kind for one in gives.artists]
    if sorted(kinds) != sorted(drawn):
        more = next((kind for kind in (*kinds, *drawn) if kinds.count(kind) != drawn.count(kind)), "")
        there = f"{_count(kinds.count(more), quoted(more))} in {shown.called}"
        return f"shows {there}, your code draws {drawn.count(more)}"
    # Of one kind, in the order they were drawn in.
    pairs = zip(_by_kind(shown.artists), _by_kind(gives.artists), strict=True)
    return next((said for pair in pairs if (said := _artists_differ(*pair, shown, gives))), "") or _words_differ(
        shown, gives
    )


def _words_differ(shown: Axes, gives: Axes) -> str:
    for one, other in zip(shown.texts, gives.texts, strict=False):
        if not same_numbers(one, other):
            return f"says `{quoted(one)}` in {shown.called}, your code writes `{quoted(other)}`"
    if len(shown.texts) != len(gives.texts):
        return f"has {_count(len(shown.texts), 'word')} in {shown.called}, your code writes {len(gives.texts)}"
    return ""


def _by_kind(artists: Sequence[Artist]) -> list[Artist]:
    return sorted(artists, key=lambda artist: artist.kind)


def _artists_differ(shown: Artist, gives: Artist, there: Axes, here: Axes) -> str:
    where = f"{shown.called} in {there.called}"
    for which, one, other in (("x", shown.x, gives.x), ("y", shown.y, gives.y)):
        if (one is None) != (other is None):
            return f"shows {where} with no {which}, your code draws it with some" if one is None else f"shows {where}"
        if one is None or other is None:
            continue
        if one.n != other.n or one.shape != other.shape:
            return f"shows {where} with {_count(one.n, 'value')}, your code draws {other.n}"
        scale = here.xscale if which == "x" else here.yscale
        span = _span([number for artist in here.artists for number in (getattr(artist, which),) if number], scale)
        if gives.kind in {"image", "mesh"}:
            span = _span([other], "linear")
        if (pair := _first_apart(one, other, span, scale)) is not None:
            a, b = (_told(number) for number in pair)
            return f"shows {where} at {a}, where your code draws {b}"
    return ""


def _first_apart(one: Numbers, other: Numbers, span: float, scale: str) -> tuple[float, float] | None:
    """The two numbers that are farthest apart, if they can be told apart."""
    if len(one.at) != len(other.at):
        return None
    worst, found = 1.0, None
    pairs = [*zip(one.at, other.at, strict=True), (one.mean, other.mean), (one.min, other.min), (one.max, other.max)]
    for a, b in pairs:
        if a is None and b is None:
            continue
        left, right = (math.nan if number is None else _scaled(number, scale) for number in (a, b))
        if left == right:  # infinities too: a zero on a logarithmic scale
            continue
        gap = abs(left - right)
        units = gap / (WITHIN * span) if span > 0 else math.inf * gap if gap > 0 else 0.0
        if not units <= worst:
            worst = units if math.isfinite(units) else math.inf
            found = (math.nan if a is None else a, math.nan if b is None else b)
    return found


def _span(numbers: Sequence[Numbers], scale: str) -> float:
    """The range of what is drawn in the same axes, in its scale; of one value, its size."""
    ends = [_scaled(end, scale) for one in numbers for end in (one.min, one.max) if end is not None]
    ends = [end for end in ends if math.isfinite(end)]
    if not ends:
        return 0.0
    return max(ends) - min(ends) or abs(max(ends)) or 1.0


def _scaled(number: float, scale: str) -> float:
    if scale != "log":
        return number
    return math.log10(number) if number > 0 else -math.inf


def _lacks(wanted: Wanted, shown: Sequence[Figure | None]) -> Iterator[Finding]:
    """What a wanted figure lacks, in all that could be it."""
    if not shown:
        where = f" under “{wanted.under}”" if wanted.under else ""
        yield Finding(codes.STRUCTURE, wanted.name, f"{wanted.name}: no figure is drawn{where}; see which cell failed")
        return
    # A picture that says nothing of itself can't be held against anything.
    known = [figure for figure in shown if figure is not None]
    for axes in wanted.axes if known else ():
        faults = [_fault(axes, one) for figure in known for one in figure.axes if _is_about(axes.about, one)]
        if not faults:
            message = f"{wanted.name}: nothing in it is about “{axes.about}”; say so in a title or on an axis"
            yield Finding(codes.STRUCTURE, wanted.name, message)
        elif all(faults):
            code, said = next(fault for fault in faults if fault)
            yield Finding(code, wanted.name, f"{wanted.name}: {said}")


def _fault(wanted: WantedAxes, axes: Axes) -> tuple[int, str] | None:
    lines = [one for one in axes.artists if one.kind == "line" and one.y and one.y.n >= LEAST_POINTS]
    if wanted.labelled and (missing := [name for name, label in (("x", axes.x), ("y", axes.y)) if not label]):
        axis = f"{' and '.join(missing)} ax{'es' if len(missing) > 1 else 'is'}"
        return codes.STRUCTURE, f"{axes.called} has no label on its {axis}; write what is drawn, and in which unit"
    if len(lines) < wanted.curves:
        return codes.STRUCTURE, f"{axes.called} shows {_count(len(lines), 'curve')}; expected {wanted.curves}"
    for asked, sign, verb in ((wanted.falls, 1, "falls"), (wanted.rises, -1, "rises")):
        word = asked if isinstance(asked, str) else ""
        meant = [line for line in lines if word.casefold() in line.label.casefold()]
        if asked and not any(_drop(line.y, axes.yscale) * sign >= MOVED for line in meant if line.y):
            which = f"the {word}" if word else "no curve"
            return (
                codes.VALUES,
                f"{which} in {axes.called} {f'never {verb}' if word else verb}; see what training does there",
            )
    return None


def _drop(numbers: Numbers, scale: str) -> float:
    """How much lower the last quarter of a curve is than its first, in units of its range."""
    heights = [_scaled(value, scale) for value in numbers.at if value is not None]
    heights = [height for height in heights if math.isfinite(height)]
    if len(heights) < LEAST_POINTS or (span := max(heights) - min(heights)) <= 0:
        return 0.0
    quarter = max(len(heights) // 4, 1)
    return (sum(heights[:quarter]) - sum(heights[-quarter:])) / quarter / span


def _is_about(word: str, axes: Axes) -> bool:
    if axes.aside:
        return False
    return word.casefold() in " ".join((axes.title, axes.x, axes.y, *axes.legend)).casefold()


def _heading(step: Step) -> str:
    cell = step.given or step.saved
    return cell.heading if cell else ""


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 or what.endswith('s') else 's'}"


def _or_none(text: str) -> str:
    return f"`{quoted(text)}`" if text else "of no words"


def _told(number: Any) -> str:
    return "a gap" if math.isnan(number) else f"{number:.4g}"
