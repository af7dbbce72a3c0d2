"""What a notebook shows of ours: a table in the reader's own colours, for eyes and for screen readers.

Imports the standard library alone: it must work where packages are missing, to say so.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Beside each display of ours, for programs: which files it was about, and what it found. Where it stands, the display
# is about a moment and a machine, and is compared with nothing.
MIME = "application/vnd.autograder+json"

# JupyterLab and Notebook 7, then VS Code, then what reads on white and on black.
_RIGHT = "var(--jp-success-color1, var(--vscode-testing-iconPassed, #2e8b57))"
_WRONG = "var(--jp-error-color1, var(--vscode-testing-iconFailed, #d2453d))"
_NEITHER = "var(--jp-border-color1, var(--vscode-panel-border, #888888))"
_COLOURS = {"✓": _RIGHT, "✗": _WRONG}
# Text takes the page's own colour: whatever the theme, that one is legible on its ground.
_CELL = "text-align: left; vertical-align: top"


@dataclass(frozen=True)
class Row:
    """One row: a mark and the word it stands for, what the row is about, and what is said of it, as HTML."""

    mark: str
    word: str
    about: str
    said: str
    last: str = ""


def table(caption: str, heads: Sequence[str], rows: Iterable[Row], foot: str = "") -> str:
    """A table of rows under heads; of both, as many columns as there are heads.

    The mark is for those who see it; the word beside it is read out, and so is whichever head a cell belongs to. Styles
    are in the elements, since programs that show notebooks take style sheets out.
    """
    body = "".join(_row(row, len(heads)) for row in rows)
    head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(head)}</th>' for head in heads)
    end = f'<tfoot><tr><td colspan="{len(heads)}" style="{_CELL}">{foot}</td></tr></tfoot>' if foot else ""
    title = f'<caption style="text-align: left; font-weight: bold">{html.escape(caption)}</caption>'
    return f'<table style="margin-left: 0">{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{end}</table>'


def _row(row: Row, columns: int) -> str:
    edge = f"border-left: 4px solid {_COLOURS.get(row.mark, _NEITHER)}"
    cells = [
        f'<td style="{_CELL}; white-space: nowrap; {edge}"><span aria-hidden="true">{row.mark} </span>{row.word}</td>',
        f'<th scope="row" style="{_CELL}; font-weight: normal">{row.about}</th>',
        f'<td style="{_CELL}">{row.said}</td>',
        f'<td style="text-align: right; vertical-align: top; white-space: nowrap">{row.last}</td>',
    ]
    return f"<tr>{''.join(cells[:columns])}</tr>"


def marked_up(text: str) -> str:
    """A text as HTML: whatever it holds is words, and what stands between backticks is code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text))


def lines(text: str) -> str:
    """A text of several lines, which stay lines; a traceback's are set in."""
    return f'<div style="white-space: pre-wrap">{marked_up(text)}</div>'
