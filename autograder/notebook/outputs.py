"""Saved outputs: signs that a notebook was not run as a whole, and outputs that its code does not give.

*Run.* In a fresh kernel the first cell has the execution count 1, and each cell a higher one than those above it.
Skipped counts cost nothing: a cell was run again, or tried out and deleted.

*Stale.* The saved outputs are compared with those of the notebook's own run, so a note gives no answer away, and it
costs nothing. Printed text, displayed text and figures are compared separately, since their order depends on timing.
Standard error is not compared.

Two printed numbers agree in four cases: they are equal; they differ by at most 1 in the last printed digit and by at
most 2 %; they differ by a relative 10⁻⁶, as other versions of libraries cause; or both are below 10⁻⁶, which is
rounding of 0. Whole numbers are counts, and must be equal. White space, line breaks and addresses (``0x7f…``) are
ignored.

Two figures agree if they have the same axes with the same texts, and in each the same kinds of artists with numbers
that agree to 1 % of the range of their axes; on a logarithmic scale, of the logarithms. Colours, sizes, markers and
fonts don't matter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, zip_longest
from typing import NamedTuple

from autograder.authoring import Finding
from autograder.codes import Code
from autograder.notebook.alignment import Step
from autograder.notebook.document import ENVIRONMENT, PICTURES, Cell, Notebook, Output, quoted, where_they_part
from autograder.notebook.figures import Figure, figures_of, scaled
from autograder.report import Stale

# Jupyter's own tag for a cell whose exception is meant.
RAISES = "raises-exception"
# Calls that show something in every kernel.
SHOWS = re.compile(r"(?m)^(?:print|plt\.show|display|check)\(")
_RUN_ALL = "restart the kernel, run all cells, and save"

RELATIVE = 1e-6
NEARLY_NOTHING = 1e-6
LAST_DIGIT_AT_MOST = 0.02
# As a share of the range of what is drawn in the axes.
FIGURE_TOLERANCE = 0.01
# Most characters compared in one cell; nobody reads more.
MAX_CHARACTERS = 400_000
# Most notes of one notebook.
MAX_STALE = 100
MAX_DISPLAYS = 100
# Widgets: what they show exists only in their kernel.
_WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/javascript")
# The plain text of an object that is displayed in another form.
_BARE = re.compile(r"\s*<[^<>\n]{1,300}>\s*\Z")
# Calls of our functions, which a run of ours does not answer.
_ASKS_US = re.compile(r"(?m)^[^#\n]*(?<![\w.])(?:check|ready)\(")
# Other programs, help, and magics that list or time something.
_OF_THE_MACHINE = re.compile(
    r"(?m)^[ \t]*(?:(?:[\w, ]{0,200}=[ \t]*)?"
    r"(?:[!?]|%%?(?!(?:matplotlib|load_ext|autoreload|config|precision)\b)\w)|[\w.]{1,200}\?{1,2}[ \t]*$)"
)
# The notices of Colab and Jupyter's server where they have dropped outputs.
_DROPPED = re.compile(r"Streaming output truncated to the last|IOPub (?:data|message) rate exceeded")

# Each repeat has a bound, so that a search takes time in proportion to the text.
_NUMBER = r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?%?"
_TOKEN = re.compile(rf"{_NUMBER}|[^\W\d]+|[^\w\s]")
_IS_NUMBER = re.compile(rf"{_NUMBER}\Z")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
# NumPy's text of a value depends on its version: `np.float64(0.5)` and `0.5`.
_NUMPY_VALUE = re.compile(r"\bnp\.\w{1,20}\(([^()\n]{0,200})\)")
# Control sequences, which a terminal does not show.
_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,40}[A-Za-z]|.\x08")


def was_run(
    handed_in: Notebook, steps: Sequence[Step] = (), now: Mapping[int, Sequence[Output]] | None = None
) -> list[Finding]:
    """List signs that the notebook was not run as a whole; none if it was.

    The steps tell which cells must show something: by their text, and by the outputs of a run if there is one.
    """
    cells = [cell for cell in handed_in.code if _has_code(cell)]
    if not any(cell.count or cell.outputs for cell in cells):
        return [Finding(Code.STRUCTURE, "counts", f"no cell of the notebook was run; {_RUN_ALL}")]
    allowed = {step.saved.number for step in steps if step.saved and may_raise(step)}
    errors = [(cell, one.name) for cell in cells for one in cell.outputs if one.kind == "error"]
    failed = [(cell, name) for cell, name in errors if cell.number not in allowed]
    lost = [
        step.saved
        for n, step in enumerate(steps)
        if step.saved and step.saved.count and not step.saved.outputs and not step.replaced and _shows(n, step, now)
    ]
    return [
        *_finding([cell for cell in cells if cell.count is None], "was not run"),
        *_order(handed_in.code),
        *_finding([cell for cell, _ in failed], f"ended with {failed[0][1] if failed else ''}"),
        *_finding(
            [cell for cell in handed_in.code if cell.outputs and not cell.source.strip()],
            "holds no code, and still shows an output",
        ),
        *_finding(lost, "has lost what it showed"),
    ]


def may_raise(step: Step) -> bool:
    """Tell whether a cell has the tag ``raises-exception``; of a given cell, whether it was handed out with it."""
    cell = step.given or step.saved
    return cell is not None and RAISES in cell.tags


def is_untouched(handed_in: Notebook, steps: Sequence[Step]) -> bool:
    """Tell whether a notebook is the released one: no cell was run, filled, changed or added."""
    if any(cell.count or cell.outputs for cell in handed_in.code):
        return False
    return all(
        step.given is not None and (step.saved is None or step.saved.source.strip() == step.given.source.strip())
        for step in steps
        if step.source.strip()
    )


def is_bare(steps: Sequence[Step], now: Mapping[int, Sequence[Output]]) -> bool:
    """Tell whether most given cells that show something have lost it: then nothing supports what the run shows."""
    showing = [step.saved for n, step in enumerate(steps) if step.given and n in now and _shows(n, step, now)]
    return 2 * sum(1 for cell in showing if cell and cell.outputs) < len(showing)


def _shows(n: int, step: Step, now: Mapping[int, Sequence[Output]] | None) -> bool:
    # A given cell that prints must have printed, whatever the run shows.
    if step.given and SHOWS.search(step.source):
        return True
    outputs = (now or {}).get(n, ())
    return bool(_printed(outputs).strip()) or any(output.kind in {"display", "result"} for output in outputs)


def _has_code(cell: Cell) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in cell.source.splitlines())


def _order(cells: Sequence[Cell]) -> Iterator[Finding]:
    run = [(cell.count, cell) for cell in cells if cell.count is not None]
    for (before, above), (count, cell) in pairwise(run):
        if count <= before:
            what = f"was run as number {count}, and {above.where} above it as number {before}"
            yield from _finding([cell], what)
            return
    if run and run[0][0] != 1:
        yield from _finding([run[0][1]], f"was run as number {run[0][0]}: the kernel wasn't fresh")


def _finding(cells: Sequence[Cell], what: str) -> Iterator[Finding]:
    if cells:
        more = f" (and {others} more)" if (others := len({cell.number for cell in cells}) - 1) else ""
        yield Finding(Code.STRUCTURE, cells[0].where, f"{cells[0].place} {what}{more}; {_RUN_ALL}")


def stale_outputs(steps: Sequence[Step], now: Mapping[int, Sequence[Output]]) -> Iterator[Stale]:
    """Compare each cell's saved outputs with those of the run, by the places of the steps that ended well.

    Left out are given cells that were changed, whose outputs are of other code, and those that ask for a verdict or
    show something of the machine.
    """
    compared = [
        (step.saved, now[n])
        for n, step in enumerate(steps)
        if n in now and step.saved and step.saved.outputs and not step.replaced
        if not (step.given and ENVIRONMENT in step.given.tags)
        if not (_ASKS_US.search(step.source) or _OF_THE_MACHINE.search(step.source))
    ]
    parted = ((cell.number, difference(cell.outputs, outputs)) for cell, outputs in compared)
    yield from islice((Stale(number, *pieces) for number, pieces in parted if pieces), MAX_STALE)


def difference(saved: Sequence[Output], now: Sequence[Output]) -> tuple[str, str] | None:
    """Return the first saved piece that differs, and the run's; None if all agree, or they can't be compared."""
    if any(output.kind == "error" or output.clipped or _DROPPED.search(output.text) for output in (*saved, *now)):
        return None
    if parted := first_difference(_printed(saved), _printed(now)):
        return where_they_part(*parted)
    if parted := pictures_differ(saved, now):
        return parted
    parted = first_difference(_displayed(saved), _displayed(now))
    return parted and where_they_part(*parted)


def first_difference(saved: str, now: str) -> tuple[str, str] | None:
    """Return the first lines at which two texts differ, "" for a missing one; None if they agree."""
    theirs, ours = _lines(saved), _lines(now)
    if _alike(*("\n".join(text for text, _ in lines) for lines in (theirs, ours))):
        return None
    for (one, moved), (other, moves) in zip_longest(theirs, ours, fillvalue=("", False)):
        if not (moved or moves or _alike(one, other)):
            return one, other
    return None


def pictures_differ(saved: Sequence[Output], now: Sequence[Output]) -> tuple[str, str] | None:
    """Return the first difference of the pictures among saved outputs from a run's: the saved piece, and the run's."""
    theirs, ours = figures_of(saved), figures_of(now)
    if len(theirs) != len(ours):
        return f"{len(theirs)} figure{'' if len(theirs) == 1 else 's'}", f"{len(ours)}"
    pairs = zip(theirs, ours, strict=True)
    return next((parted for one, other in pairs if one and other and (parted := differ(one, other))), None)


def differ(saved: Figure, now: Figure) -> tuple[str, str] | None:
    """Return the first difference of a saved figure from the run's: the saved piece, the run's; None if they agree."""
    for one, other in zip_longest(_facts(saved), _facts(now), fillvalue=_Fact("nothing more", "")):
        if one.key != other.key:
            return one.told, other.told
        if one.value == other.value:
            continue
        if isinstance(one.value, str) or isinstance(other.value, str):
            if not _alike(str(one.value), str(other.value)):
                return f"{one.told} `{quoted(str(one.value))}`", f"`{quoted(str(other.value))}`"
            continue
        left, right = scaled(one.value, one.scale), scaled(other.value, one.scale)
        if left != right and not abs(left - right) <= FIGURE_TOLERANCE * one.span:
            was, gives = ("a gap" if value is None else f"{value:.4g}" for value in (one.value, other.value))
            return f"{one.told} at {was}", gives
    return None


class _Fact(NamedTuple):
    """One text or number that a figure shows: its name in messages, and its axis's scale and range."""

    told: str
    value: str | float | None
    key: tuple[object, ...] = ()
    scale: str = "linear"
    span: float = 0.0


def _facts(figure: Figure) -> Iterator[_Fact]:
    yield _Fact("the title", figure.title, ("title",))
    for n, axes in enumerate(figure.axes):
        texts = (axes.title, axes.x, axes.y, axes.xscale, axes.yscale, ", ".join(axes.legend), *axes.texts)
        for k, text in enumerate(texts):
            yield _Fact(f"in {axes.called} the text", text, (n, k))
        artists = sorted(axes.artists, key=lambda artist: artist.kind)
        for axis, scale in (("x", axes.xscale), ("y", axes.yscale)):
            ends = [scaled(end, scale) for artist in artists for end in getattr(artist, axis)]
            ends = [end for end in ends if math.isfinite(end)] or [0.0]
            span = max(ends) - min(ends) or abs(max(ends)) or 1.0
            for k, artist in enumerate(artists):
                label = f" “{quoted(artist.label)}”" if artist.label else ""
                told = f"the {axis} of the {quoted(artist.kind)}{label} in {axes.called}"
                for m, value in enumerate(getattr(artist, axis)):
                    yield _Fact(told, value, (n, artist.kind, k, axis, m), scale, span)


def _printed(outputs: Sequence[Output]) -> str:
    return "".join(output.text for output in outputs if (output.kind, output.name) == ("stream", "stdout"))


def _displayed(outputs: Sequence[Output]) -> str:
    """Join the texts besides printed ones, without those that only name an object."""
    shown = [one for one in outputs if one.kind in {"display", "result"} and not _BARE.match(one.text)]
    texts = [one.text for one in shown if one.text.strip() and not {*one.data} & {*PICTURES, *_WIDGETS}]
    return "\n".join(texts[:MAX_DISPLAYS])


def _lines(text: str) -> list[tuple[str, bool]]:
    """List the non-blank lines as they look in the end; the flag tells that a carriage return has rewritten one."""
    found = []
    for raw in _ESCAPE.sub("", text[:MAX_CHARACTERS]).split("\n"):
        parts = raw.rstrip("\r").split("\r")
        if parts[-1].strip():
            found.append((parts[-1].strip(), len(parts) > 1))
    return found


def _alike(one: str, other: str) -> bool:
    theirs, ours = (_TOKEN.findall(_NUMPY_VALUE.sub(r"\1", _ADDRESS.sub("0x", text))) for text in (one, other))
    return len(theirs) == len(ours) and all(a == b or _near(a, b) for a, b in zip(theirs, ours, strict=True))


def _near(one: str, other: str) -> bool:
    if not (_IS_NUMBER.match(one) and _IS_NUMBER.match(other)) or one.endswith("%") != other.endswith("%"):
        return False
    a, b = float(one.rstrip("%")), float(other.rstrip("%"))
    if a == b:
        return True
    gap, size = abs(a - b), max(abs(a), abs(b))
    if not math.isfinite(gap) or not any(mark in text for text in (one, other) for mark in ".eE%"):
        return False
    last_digit = max(_last_digit(one), _last_digit(other))
    return (
        size <= NEARLY_NOTHING
        or gap <= RELATIVE * size
        # Slightly more, since binary fractions don't differ by exactly one last digit.
        or (gap <= 1.001 * last_digit and gap <= LAST_DIGIT_AT_MOST * size)
    )


def _last_digit(number: str) -> float:
    mantissa, _, exponent = number.rstrip("%").lower().partition("e")
    # 0e999 is a number, but 10.0 ** 999 overflows.
    return float(10.0 ** min(int(exponent or 0) - len(mantissa.partition(".")[2]), 300))
