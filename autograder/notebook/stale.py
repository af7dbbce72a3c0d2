"""Saved outputs that are not what the code gives: a note for the student and for staff, which costs nothing.

The notebook's saved outputs are held against those of its own run, so nothing of a note gives an answer away. What was
printed, what is displayed as text, and figures are compared apart, for their order is a matter of time. Standard error
is not compared. A cell whose output differs from run to run may be noted, too: a note is no accusation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from autograder.notebook.alignment import Step
from autograder.notebook.document import ENVIRONMENT, PICTURES, Output, where_they_part
from autograder.notebook.figures import pictures_differ
from autograder.notebook.texts import first_difference
from autograder.report import Stale

# Notes of one notebook.
MAX_STALE = 100
MAX_DISPLAYS = 100
# Markup that is read of one display.
MAX_MARKUP = 100_000
# Live controls: they show what their kernel held, and are gone with it.
_WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/javascript")
# The text of an object that is displayed in another form.
_BARE = re.compile(r"\s*<[^<>\n]{1,300}>\s*\Z")
_TAG = re.compile(r"<[^<>]{0,10000}>")
# Calls of ours, which a run of ours does not answer.
_ASKS_US = re.compile(r"(?<![\w.])(?:check|ready)\(")
# Other programs, help, and magics that list or time something.
_OF_THE_MACHINE = re.compile(
    r"(?m)^[ \t]*(?:(?:[\w, ]{0,200}=[ \t]*)?"
    r"(?:[!?]|%%?(?!(?:matplotlib|load_ext|autoreload|config|precision)\b)\w)|[\w.]{1,200}\?{1,2}[ \t]*$)"
)
# Colab and Jupyter's server say so where they have dropped outputs.
_DROPPED = re.compile(r"Streaming output truncated to the last|IOPub (?:data|message) rate exceeded")


def stale_outputs(steps: Sequence[Step], now: Mapping[int, Sequence[Output]]) -> Iterator[Stale]:
    """Compare each cell's saved outputs with those of the run.

    Parameters
    ----------
    steps : sequence of Step
        The notebook as it should be. A given cell that was changed is left out: its outputs are of other code.
    now : mapping of int to sequence of Output
        The outputs of the steps that ended well, by their places.
    """
    count = 0
    for n, step in enumerate(steps):
        if n not in now or step.replaced or not comparable(step) or not (step.saved and step.saved.outputs):
            continue
        if parted := difference(step.saved.outputs, now[n]):
            count += 1
            yield Stale(step.saved.number, *parted)
        if count == MAX_STALE:
            return


def comparable(step: Step) -> bool:
    """Tell whether a cell's outputs are its code's, and not a verdict's or the machine's."""
    tags = step.given.tags if step.given else frozenset()
    aside = _ASKS_US.search(step.calling) or _OF_THE_MACHINE.search(step.source)
    return step.kind == "code" and ENVIRONMENT not in tags and not aside


def asks_for_a_verdict(source: str) -> bool:
    """Tell whether a cell calls ``check``: a kernel shows a verdict there, and a run of ours nothing."""
    return re.search(r"(?<![\w.])check\(", source) is not None


def shows_something(outputs: Sequence[Output]) -> bool:
    """Tell whether there is something to be seen."""
    return bool(_printed(outputs).strip() or _pictures(outputs) or _displays(outputs))


def difference(saved: Sequence[Output], now: Sequence[Output]) -> tuple[str, str] | None:
    """The first saved piece and the one that the run shows in its place; None if all agree."""
    if any(output.kind == "error" for output in saved) or _DROPPED.search("".join(one.text for one in saved)):
        return None
    clipped = any(output.clipped for output in (*saved, *now))
    if parted := first_difference(_printed(saved), _printed(now), beginning=clipped):
        return where_they_part(*parted)
    if clipped:
        return None
    if parted := pictures_differ(_pictures(saved), _pictures(now)):
        return parted
    theirs, ours = ("\n".join(map(_text_of, _displays(one))) for one in (saved, now))
    parted = first_difference(theirs, ours)
    return parted and where_they_part(*parted)


def _printed(outputs: Sequence[Output]) -> str:
    return "".join(output.text for output in outputs if (output.kind, output.name) == ("stream", "stdout"))


def _pictures(outputs: Sequence[Output]) -> list[Output]:
    return [output for output in outputs if any(mime in output.data for mime in PICTURES)]


def _displays(outputs: Sequence[Output]) -> list[Output]:
    """The outputs that can be read, besides what was printed."""
    return [
        output
        for output in outputs
        if output.kind in {"display", "result"}
        and not any(mime in output.data for mime in (*PICTURES, *_WIDGETS))
        and any(output.data.values())
    ][:MAX_DISPLAYS]


def _text_of(output: Output) -> str:
    """The text of a display; where that only names an object, the first of its other forms."""
    if output.text.strip() and not _BARE.match(output.text):
        return output.text
    forms = (output.data.get(mime, "") for mime in ("text/markdown", "text/latex"))
    words = _TAG.sub(" ", output.data.get("text/html", "")[:MAX_MARKUP].replace("</tr>", "\n"))
    return next((text for text in (*forms, words, output.text) if text.strip()), "")
