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
from autograder.notebook.texts import same_text

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


def pictures_differ(saved: Sequence[Output], now: Sequence[Output]) -> tuple[str, str] | None:
    """The first difference of saved pictures from those of the run: what was saved, and what stands there now."""
    if len(saved) != len(now):
        return f"{len(saved) or 'no'} figure{'s' * (len(saved) != 1)}", f"{len(now) or 'none'}"
    for one, other in zip(figures_of(saved), figures_of(now), strict=True):
        # Of a picture without data, it is enough that it is there.
        if one is not None and other is not None and (parted := differ(one, other)):
            return parted
    return None


def differ(saved: Figure, now: Figure) -> tuple[str, str] | None:
    """The first difference of a saved figure from the one that the code draws now; None if they agree."""
    if len(saved.axes) != len(now.axes):
        return f"a figure of {_count(len(saved.axes), 'plot')}", f"{len(now.axes)}"
    if not same_text(saved.title, now.title):
        return f"the title {_or_none(saved.title)}", _or_none(now.title)
    pairs = zip(saved.axes, now.axes, strict=True)
    return next((parted for pair in pairs if (parted := _axes_differ(*pair))), None)


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


def _axes_differ(saved: Axes, now: Axes) -> tuple[str, str] | None:
    for what, one, other in (
        ("the title", saved.title, now.title),
        ("the x label", saved.x, now.x),
        ("the y label", saved.y, now.y),
        ("the legend", ", ".join(saved.legend), ", ".join(now.legend)),
    ):
        if not same_text(one, other):
            return f"{what} {_or_none(one)}", _or_none(other)
    for which, one, other in (("x", saved.xscale, now.xscale), ("y", saved.yscale, now.yscale)):
        if one != other:
            return f"a {quoted(one)} {which} axis in {saved.called}", f"a {quoted(other)} one"
    kinds, drawn = [one.kind for one in saved.artists], [one.kind for one in now.artists]
    for kind in (*kinds, *drawn):
        if kinds.count(kind) != drawn.count(kind):
            return f"{_count(kinds.count(kind), quoted(kind))} in {saved.called}", f"{drawn.count(kind)}"
    # Of one kind, in the order they were drawn in.
    pairs = zip(_by_kind(saved.artists), _by_kind(now.artists), strict=True)
    parted = next((parted for pair in pairs if (parted := _artists_differ(*pair, saved, now))), None)
    return parted or _words_differ(saved, now)


def _words_differ(saved: Axes, now: Axes) -> tuple[str, str] | None:
    for one, other in zip(saved.texts, now.texts, strict=False):
        if not same_text(one, other):
            return f"the words `{quoted(one)}` in {saved.called}", f"`{quoted(other)}`"
    if len(saved.texts) != len(now.texts):
        return f"{_count(len(saved.texts), 'word')} in {saved.called}", f"{len(now.texts)}"
    return None


def _by_kind(artists: Sequence[Artist]) -> list[Artist]:
    return sorted(artists, key=lambda artist: artist.kind)


def _artists_differ(saved: Artist, now: Artist, there: Axes, here: Axes) -> tuple[str, str] | None:
    where = f"{saved.called} in {there.called}"
    for which, one, other in (("x", saved.x, now.x), ("y", saved.y, now.y)):
        if one is None or other is None:
            if one is not other:
                return f"{where} with {'no' if one is None else 'some'} {which}", "none" if other is None else "some"
            continue
        if one.n != other.n or one.shape != other.shape:
            return f"{where} with {_count(one.n, 'value')}", f"{other.n}"
        scale = here.xscale if which == "x" else here.yscale
        span = _span([number for artist in here.artists for number in (getattr(artist, which),) if number], scale)
        if now.kind in {"image", "mesh"}:
            span = _span([other], "linear")
        if (pair := _first_apart(one, other, span, scale)) is not None:
            return f"{where} at {_told(pair[0])}", _told(pair[1])
    return None


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
