"""Does the notebook tell the truth: are its saved outputs what the student's code gives.

Each cell is compared on its own, in three parts whose order among each other is a matter of time: what was printed,
what figures show, and everything else that is displayed, tables by their entries. What goes to standard error is
nobody's result: warnings, logs, progress. What was not saved at all is no lie (:mod:`autograder.notebook.history` asks
for it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from autograder import codes
from autograder.compare import Finding
from autograder.notebook.document import ENVIRONMENT, PICTURES, Output, quoted
from autograder.notebook.figures import differ, figures_of
from autograder.notebook.given import Step
from autograder.notebook.program import asks_for_a_verdict, is_about_its_place, runs_another_program
from autograder.notebook.texts import difference, same_numbers

MAX_DISPLAYS = 100
MAX_ENTRIES = 20_000
MAX_MARKUP = 100_000
# Live controls: they show what their kernel held, and are gone with it.
_WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/javascript")


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
        The same of a second run, whose global random generators began elsewhere. Worth making where the first run
        leaves a finding: a cell that shows something else in each run of ours is held against nobody.
    """
    findings = []
    comparable = [(n, step) for n, step in enumerate(steps) if n in rerun and _comparable(step)]
    for n, step in comparable:
        saved = step.saved.outputs if step.saved else ()
        # An error that was kept is told where it is asked whether the notebook was run.
        if not saved or any(output.kind == "error" for output in saved) or not (said := stale(saved, rerun[n])):
            continue
        if again is not None and n in again and stale(again[n], rerun[n]):
            continue
        findings.append(Finding(codes.VALUES, step.where, f"{step.place} {said}; run all cells from the top, and save"))
    showing = [step for n, step in comparable if shows_something(rerun[n])]
    if showing and not any(step.saved and step.saved.outputs for step in showing):
        message = "the notebook shows nothing that its code gives, so nothing could be compared; run it, and save"
        findings.append(Finding(codes.STRUCTURE, "outputs", message))
    return findings


def stale(saved: Sequence[Output], rerun: Sequence[Output]) -> str:
    """How what a cell shows differs from what its code gives, as the end of a sentence; "" if it doesn't."""
    clipped = any(output.clipped for output in (*saved, *rerun))
    printed = difference(_printed(saved), _printed(rerun), clipped=clipped)
    if printed is not None:
        return _said(printed.shown, printed.gives)
    return "" if clipped else _figures_differ(saved, rerun) or _displays_differ(saved, rerun)


def shows_something(outputs: Sequence[Output]) -> bool:
    """Whether there is anything in these that a reader sees, and may rely on."""
    return bool(_printed(outputs).strip() or _pictures(outputs) or _displays(outputs))


def _comparable(step: Step) -> bool:
    """Whether a cell shows what its code gives: of a changed one ours wasn't saved, and verdicts are the grader's."""
    tags = step.given.tags if step.given else frozenset()
    return (
        step.kind == "code"
        and not step.replaced
        and ENVIRONMENT not in tags
        and not asks_for_a_verdict(step.calling)
        and not runs_another_program(step.calling)
        and not (step.given is None and is_about_its_place(step.source))
    )


def _printed(outputs: Sequence[Output]) -> str:
    return "".join(output.text for output in outputs if output.kind == "stream" and output.name == "stdout")


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


def _figures_differ(saved: Sequence[Output], rerun: Sequence[Output]) -> str:
    theirs, ours = _pictures(saved), _pictures(rerun)
    if len(theirs) != len(ours):
        return f"shows {len(theirs) or 'no'} figure{'s' * (len(theirs) != 1)}, your code draws {len(ours) or 'none'}"
    for shown, gives in zip(figures_of(theirs), figures_of(ours), strict=True):
        # Of a picture that says nothing of itself, it is enough that it is there.
        if shown is not None and gives is not None and (said := differ(shown, gives)):
            return f"has a figure that {said}"
    return ""


def _displays_differ(saved: Sequence[Output], rerun: Sequence[Output]) -> str:
    theirs, ours = _displays(saved), _displays(rerun)
    for shown, gives in zip(theirs, ours, strict=False):
        one, other = _table(shown), _table(gives)
        if one and other:
            if said := _tables_differ(one, other):
                return said
        elif (parted := difference(_text(shown), _text(gives))) is not None:
            return _said(parted.shown, parted.gives)
    if len(theirs) != len(ours):
        more, fewer = (theirs, ours) if len(theirs) > len(ours) else (ours, theirs)
        first = quoted(_text(more[len(fewer)]).strip()) or "a display"
        return _said(first, "") if more is theirs else _said("", first)
    return ""


def _said(shown: str, gives: str) -> str:
    if not shown:
        return f"doesn't show `{gives}`, which your code gives"
    return f"shows `{shown}`, your code gives {f'`{gives}`' if gives else 'nothing there'}"


def _text(output: Output) -> str:
    """What an output says in plain words: its text, or else whatever text it has."""
    if output.text.strip():
        return output.text
    if markup := output.data.get("text/html"):
        return "".join(_Words.of(markup).text)
    return next((value for mime, value in sorted(output.data.items()) if mime not in PICTURES and value), "")


def _table(output: Output) -> list[list[str]]:
    """The rows of a table; none where it is none."""
    markup = output.data.get("text/html", "")
    return _Words.of(markup).rows if "<table" in markup.lower() else []


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
    """The words of a piece of HTML: its tables' entries, row by row, and all its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
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
        elif tag in {"br", "p", "div", "li"}:
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
        self.text.append(data)
