"""What figures show, as plain data: read from pictures, and compared.

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
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from autograder.notebook.document import PICTURES, PNG, Output, quoted
from autograder.notebook.figure_metadata import KEYWORD, MAX_ARTISTS, MAX_PACKED, MAX_TEXTS, VERSION
from autograder.notebook.lines import same_numbers

WITHIN = 0.01
_MAX_UNPACKED = 1 << 20
_MAX_CHUNKS = 10_000
SIGNATURE = b"\x89PNG\r\n\x1a\n"


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


def figures_of(outputs: Sequence[Output]) -> list[Figure | None]:
    """The pictures among outputs: of each what it shows, or None where that can't be told."""
    return [_of_output(output) for output in outputs if any(mime in output.data for mime in PICTURES)]


def of_png(content: bytes) -> Figure | None:
    """What a PNG says that it shows; None if it says nothing, or nothing that can be understood."""
    if not content.startswith(SIGNATURE):
        return None
    keyword, at = KEYWORD.encode() + b"\0", len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(content):
            return None
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"tEXt" and content.startswith(keyword, at + 8) and length <= MAX_PACKED + len(keyword):
            return _unpacked(content[at + 8 + len(keyword) : at + 8 + length])
        at += 12 + length
    return None


def pictures_differ(shown: Sequence[Output], gives: Sequence[Output], *, exactly: bool = False) -> str:
    """How pictures differ from those that the code draws, as the end of a sentence; "" if they don't."""
    if len(shown) != len(gives):
        return f"shows {len(shown) or 'no'} figure{'s' * (len(shown) != 1)}, your code draws {len(gives) or 'none'}"
    for one, other in zip(figures_of(shown), figures_of(gives), strict=True):
        # Of a picture that says nothing of itself, it is enough that it is there.
        if one is None or other is None:
            continue
        if said := differ(one, other):
            return f"has a figure that {said}"
        if exactly and one != other:
            return "has a figure that is another"
    return ""


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
        left, right = (math.nan if number is None else scaled(number, scale) for number in (a, b))
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
    ends = [scaled(end, scale) for one in numbers for end in (one.min, one.max) if end is not None]
    ends = [end for end in ends if math.isfinite(end)]
    if not ends:
        return 0.0
    return max(ends) - min(ends) or abs(max(ends)) or 1.0


def scaled(number: float, scale: str) -> float:
    """A number as the eye sees it on an axis of that scale."""
    if scale != "log":
        return number
    return math.log10(number) if number > 0 else -math.inf


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 or what.endswith('s') else 's'}"


def _or_none(text: str) -> str:
    return f"`{quoted(text)}`" if text else "of no words"


def _told(number: Any) -> str:
    return "a gap" if math.isnan(number) else f"{number:.4g}"
