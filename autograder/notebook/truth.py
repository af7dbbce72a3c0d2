"""Does the notebook tell the truth: are its saved outputs what the student's code gives.

Each cell is compared on its own, in three parts whose order among each other is a matter of time: what was printed,
what figures show, and everything else that is displayed, tables by their entries. What goes to standard error is
nobody's result: warnings, logs, progress. What was not saved at all is no lie (:mod:`autograder.notebook.history` asks
for it), but a notebook that has kept less than half of what it shows has told nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from autograder import codes
from autograder.compare import Finding
from autograder.notebook.document import ENVIRONMENT, PICTURES, Output, quoted
from autograder.notebook.figures import differ, figures_of
from autograder.notebook.given import Step
from autograder.notebook.program import asks_for_a_verdict, is_about_its_place, says_something_aside
from autograder.notebook.texts import difference, in_both, lacking, same_numbers, strange

MAX_DISPLAYS = 100
MAX_ENTRIES = 20_000
MAX_MARKUP = 100_000
MAX_NOTICES = 1_000_000
LEAST_SHARE = 0.5
# Live controls: they show what their kernel held, and are gone with it.
_WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/javascript")
# How an object is written that has another display: by its kind and where it lies.
_BARE = re.compile(r"\s*<[^<>\n]{1,300}>\s*\Z")
_TEXTS = ("text/markdown", "text/latex")
# What Jupyter's server says where it has dropped outputs, because there were too many at once; lines break off there.
_DROPPED = re.compile(r"IOPub (?:data|message) rate exceeded")
_MOST_DROPPED = 20


def tells_the_truth(
    steps: Sequence[Step],
    rerun: Mapping[int, Sequence[Output]],
    again: Mapping[int, Sequence[Output]] | None = None,
) -> list[Finding]:
    """The cells whose saved outputs are not what the code gives; nothing if all are.

    Parameters
    ----------
    steps : sequence of Step
    rerun : mapping of int to sequence of Output
        What each step that ended well has shown in a run of ours, by its place in `steps`.
    again : mapping of int to sequence of Output, optional
        The same of a second run, abroad (:mod:`autograder.notebook.abroad`). Worth making where the first run
        leaves a cell that seems stale: one that shows something else in each run of ours is held against nobody.
    """
    findings = []
    for n, step in enumerate(steps):
        saved = step.saved.outputs if step.saved else ()
        # A changed cell's outputs are not of this code, and an error that was kept is told as one.
        if n not in rerun or step.replaced or of_the_machine(step) or not saved or kept_an_error(saved):
            continue
        if not (said := stale(saved, rerun[n], more=may_show_more(step.source))):
            continue
        if again is None or n not in again or not stale(again[n], rerun[n], exactly=True):
            findings.append(untrue(step.where, step.place, said))
    showing = [
        step
        for n, step in enumerate(steps)
        if step.given and n in rerun and shows_something(rerun[n]) and not of_the_machine(step)
    ]
    kept = sum(1 for step in showing if step.saved and shows_something(step.saved.outputs))
    if kept < LEAST_SHARE * len(showing):
        few = f"{kept or 'none'} of the {len(showing)} given cells that show something {'has' if kept < 2 else 'have'}"
        message = f"{few} kept it, too few to be compared; run all cells from the top, and save"
        findings.append(Finding(codes.STRUCTURE, "outputs", message))
    return findings


def untrue(where: str, place: str, said: str) -> Finding:
    """That a cell shows something else than its code gives."""
    return Finding(codes.VALUES, where, f"{place} {said}; run all cells from the top, and save")


def of_the_machine(step: Step) -> bool:
    """Whether what a cell shows is about the machine, or nothing that is run as code."""
    about = is_about_its_place(step.source) if step.given is None else ENVIRONMENT in step.given.tags
    return step.kind != "code" or about


def kept_an_error(saved: Sequence[Output]) -> bool:
    """Whether a cell was saved with an error among its outputs."""
    return any(output.kind == "error" for output in saved)


def may_show_more(source: str) -> bool:
    """Whether a cell may show what a run of ours doesn't: verdicts, and what other programs, a pager or Colab say."""
    return asks_for_a_verdict(source) or says_something_aside(source) or is_about_its_place(source)


def stale(saved: Sequence[Output], rerun: Sequence[Output], *, more: bool = False, exactly: bool = False) -> str:
    """How what a cell shows differs from what its code gives, as the end of a sentence; "" if it doesn't.

    Parameters
    ----------
    more : bool
        There may be more in what was saved than the code gives, anywhere.
    exactly : bool
        Printed numbers agree only if they are written alike.
    """
    shown, gives = _printed(saved), _printed(rerun)
    clipped = any(output.clipped for output in (*saved, *rerun))
    # Said by the server, and not by the code.
    dropped = _times_dropped(saved) - _times_dropped(rerun)
    if dropped > 0:
        printed = None if clipped else strange(shown, gives, min(dropped, _MOST_DROPPED))
    elif more:
        printed = None if clipped else lacking(shown, gives)
    else:
        printed = difference(shown, gives, clipped=clipped, exactly=exactly)
    if printed is not None:
        return _said(printed.shown, printed.gives)
    if clipped or dropped > 0:
        return ""
    return _figures_differ(saved, rerun, more=more) or _displays_differ(saved, rerun, more=more)


def steady(rerun: Sequence[Output], again: Sequence[Output]) -> tuple[Output, ...]:
    """Of what a cell shows in a run, what it shows in another run as well."""
    pairs = zip(_displays(rerun), _displays(again), strict=False)
    return (
        Output("stream", "stdout", in_both(_printed(rerun), _printed(again))),
        *(one for one, other in pairs if not _display_differs(other, one)),
        *(() if _figures_differ(again, rerun) else _pictures(rerun)),
    )


def shows_something(outputs: Sequence[Output]) -> bool:
    """Whether there is anything in these that a reader sees, and may rely on."""
    return bool(_printed(outputs).strip() or _pictures(outputs) or _displays(outputs))


def _printed(outputs: Sequence[Output], name: str = "stdout") -> str:
    return "".join(output.text for output in outputs if output.kind == "stream" and output.name == name)


def _times_dropped(outputs: Sequence[Output]) -> int:
    return len(_DROPPED.findall(_printed(outputs, "stderr")[:MAX_NOTICES]))


def _pictures(outputs: Sequence[Output]) -> list[Output]:
    return [output for output in outputs if any(mime in output.data for mime in PICTURES)]


def _displays(outputs: Sequence[Output]) -> list[Output]:
    """What is displayed besides figures, and can be read."""
    return [
        output
        for output in outputs
        if output.kind in {"display", "result"}
        and not any(mime in output.data for mime in (*PICTURES, *_WIDGETS))
        and any(output.data.values())
    ][:MAX_DISPLAYS]


def _figures_differ(saved: Sequence[Output], rerun: Sequence[Output], *, more: bool = False) -> str:
    theirs, ours = _pictures(saved), _pictures(rerun)
    if more and not ours:
        return ""
    if len(theirs) != len(ours):
        return f"shows {len(theirs) or 'no'} figure{'s' * (len(theirs) != 1)}, your code draws {len(ours) or 'none'}"
    for shown, gives in zip(figures_of(theirs), figures_of(ours), strict=True):
        # Of a picture that says nothing of itself, it is enough that it is there.
        if shown is not None and gives is not None and (said := differ(shown, gives)):
            return f"has a figure that {said}"
    return ""


def _displays_differ(saved: Sequence[Output], rerun: Sequence[Output], *, more: bool = False) -> str:
    theirs, ours = _displays(saved), _displays(rerun)
    if more:
        rest = iter(theirs)
        lost = (one for one in ours if not any(not _display_differs(other, one) for other in rest))
        return next((_said("", _first_words(one)) for one in lost), "")
    for shown, gives in zip(theirs, ours, strict=False):
        if said := _display_differs(shown, gives):
            return said
    if len(theirs) != len(ours):
        longer, shorter = (theirs, ours) if len(theirs) > len(ours) else (ours, theirs)
        first = _first_words(longer[len(shorter)])
        return _said(first, "") if longer is theirs else _said("", first)
    return ""


def _display_differs(shown: Output, gives: Output) -> str:
    one, other = _table(shown), _table(gives)
    if one.rows and other.rows and (said := _tables_differ(one.rows, other.rows)):
        return said
    both = ("".join(one.beside), "".join(other.beside)) if one.rows and other.rows else (_text(shown), _text(gives))
    parted = difference(*both)
    return "" if parted is None else _said(parted.shown, parted.gives)


def _first_words(output: Output) -> str:
    return quoted(_text(output).strip()) or "a display"


def _said(shown: str, gives: str) -> str:
    if not shown:
        return f"doesn't show `{gives}`, which your code gives"
    return f"shows `{shown}`, your code gives {f'`{gives}`' if gives else 'nothing there'}"


def _text(output: Output) -> str:
    """What an output says in plain words: its text; where that says only what it is, whatever text it has."""
    if output.text.strip() and not _BARE.match(output.text):
        return output.text
    texts = (output.data.get(mime, "") for mime in _TEXTS)
    words = "".join(_Words.of(output.data.get("text/html", "")).text)
    return next((text for text in (*texts, words, output.text, *output.data.values()) if text.strip()), "")


def _table(output: Output) -> _Words:
    """The rows of a table, and what stands beside it; no rows where it is none."""
    markup = output.data.get("text/html", "")
    return _Words.of(markup if "<table" in markup.lower() else "")


def _tables_differ(shown: Sequence[Sequence[str]], gives: Sequence[Sequence[str]]) -> str:
    if len(shown) != len(gives):
        return f"shows a table of {len(shown)} rows, your code gives {len(gives)}"
    for one, other in zip(shown, gives, strict=True):
        if len(one) != len(other):
            return f"shows a table with {len(one)} columns, your code gives {len(other)}"
        for a, b in zip(one, other, strict=True):
            if not same_numbers(a, b):
                row = f" in the row `{quoted(one[0])}`" if one[0] and a is not one[0] else ""
                return f"shows `{quoted(a)}`{row}, your code gives `{quoted(b)}`"
    return ""


class _Words(HTMLParser):
    """The words of a piece of HTML: its tables' entries, row by row, what stands beside them, and all its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.beside: list[str] = []
        self.text: list[str] = []
        self._entries = 0
        self._inside = False
        self._unseen = False

    @classmethod
    def of(cls, markup: str) -> _Words:
        """What it says, so far as it can be read."""
        words = cls()
        try:
            words.feed(markup[:MAX_MARKUP])
        except (AssertionError, ValueError):  # the parser's own word for markup it gives up on, and huge numbers' in it
            pass
        return words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or an entry."""
        del attrs
        self._unseen = tag in {"style", "script"}
        if self._entries > MAX_ENTRIES:
            return
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self._entries += 1
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append("")
            self._inside = True
        elif tag in {"br", "p", "div", "li", "h1", "h2", "h3", "h4"}:
            self.beside.append("\n")
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End an entry."""
        if tag in {"td", "th"}:
            self._inside = False
        self._unseen = False

    def handle_data(self, data: str) -> None:
        """Add to the entry, and to the text."""
        if self._unseen:
            return
        if self._inside:
            self.rows[-1][-1] += data
        else:
            self.beside.append(data)
        self.text.append(data)
