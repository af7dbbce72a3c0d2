"""What a reader sees of a cell's outputs: what was printed, pictures, other displays, and tables by their entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from autograder.notebook.document import PICTURES, Output, quoted
from autograder.notebook.lines import same_numbers
from autograder.notebook.texts import difference

MAX_DISPLAYS = 100
MAX_ENTRIES = 20_000
MAX_MARKUP = 100_000
# Live controls: they show what their kernel held, and are gone with it.
_WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/javascript")
# How an object is written that has another display: by its kind and where it lies.
_BARE = re.compile(r"\s*<[^<>\n]{1,300}>\s*\Z")
_TEXTS = ("text/markdown", "text/latex")


def shows_something(outputs: Sequence[Output]) -> bool:
    """Whether there is anything in these that a reader sees, and may rely on."""
    return bool(printed(outputs).strip() or pictures(outputs) or displays(outputs))


def printed(outputs: Sequence[Output], name: str = "stdout") -> str:
    """What was printed, from all its pieces."""
    return "".join(output.text for output in outputs if output.kind == "stream" and output.name == name)


def pictures(outputs: Sequence[Output]) -> list[Output]:
    """What is displayed as a picture."""
    return [output for output in outputs if any(mime in output.data for mime in PICTURES)]


def displays(outputs: Sequence[Output]) -> list[Output]:
    """What is displayed besides figures, and can be read."""
    return [
        output
        for output in outputs
        if output.kind in {"display", "result"}
        and not any(mime in output.data for mime in (*PICTURES, *_WIDGETS))
        and any(output.data.values())
    ][:MAX_DISPLAYS]


def display_differs(shown: Output, gives: Output, *, exactly: bool = False) -> str:
    """How a display differs from the one that the code gives, as the end of a sentence; "" if it doesn't."""
    one, other = table_of(shown), table_of(gives)
    if one.rows and other.rows and (said := _tables_differ(one.rows, other.rows, exactly=exactly)):
        return said
    both = ("".join(one.beside), "".join(other.beside)) if one.rows and other.rows else (text_of(shown), text_of(gives))
    parted = difference(*both, exactly=exactly)
    return "" if parted is None else told(parted.shown, parted.gives)


def first_words(output: Output) -> str:
    """What a display begins with."""
    return quoted(text_of(output).strip()) or "a display"


def told(shown: str, gives: str) -> str:
    """That one thing is shown where the code gives another, as the end of a sentence."""
    if not shown:
        return f"doesn't show `{gives}`, which your code gives"
    return f"shows `{shown}`, your code gives {f'`{gives}`' if gives else 'nothing there'}"


def text_of(output: Output) -> str:
    """What an output says in plain words: its text; where that says only what it is, whatever text it has."""
    if output.text.strip() and not _BARE.match(output.text):
        return output.text
    texts = (output.data.get(mime, "") for mime in _TEXTS)
    words = "".join(_Words.of(output.data.get("text/html", "")).text)
    return next((text for text in (*texts, words, output.text, *output.data.values()) if text.strip()), "")


def table_of(output: Output) -> _Words:
    """The rows of a table, and what stands beside it; no rows where it is none."""
    markup = output.data.get("text/html", "")
    return _Words.of(markup if "<table" in markup.lower() else "")


def _tables_differ(shown: Sequence[Sequence[str]], gives: Sequence[Sequence[str]], *, exactly: bool) -> str:
    if len(shown) != len(gives):
        return f"shows a table of {len(shown)} rows, your code gives {len(gives)}"
    for one, other in zip(shown, gives, strict=True):
        if len(one) != len(other):
            return f"shows a table with {len(one)} columns, your code gives {len(other)}"
        for a, b in zip(one, other, strict=True):
            if not same_numbers(a, b, exactly=exactly):
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
            # An entry that was not closed ends here: HTML lets its end be left out.
            self._inside = False
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
        """End an entry, and with a row or a table its last one."""
        if tag in {"td", "th", "tr", "thead", "tbody", "tfoot", "table"}:
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
