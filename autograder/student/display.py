"""Displays in a notebook: a table in the reader's own colours, readable by screen readers, and a progress line."""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from jinja2 import Template

# Data for programs in each display of ours: the digests of its files, and the result. A display with it depends on the
# time and the machine, and is compared with nothing.
MIME = "application/vnd.autograder+json"
# Shorter work shows no progress.
MOMENT_SECONDS = 1.0

# Styles stand in the elements, since programs that show notebooks remove style sheets. No colour of text is set: the
# page's own is legible in every theme. Colours of JupyterLab and Notebook 7, then of VS Code, then for any ground.
_TABLE = """\
{% set colours = {
  "✓": "var(--jp-success-color1, var(--vscode-testing-iconPassed, #2e8b57))",
  "✗": "var(--jp-error-color1, var(--vscode-testing-iconFailed, #d2453d))",
} %}
{% set other = "var(--jp-border-color1, var(--vscode-panel-border, #888888))" %}
{% set cell = "text-align: left; vertical-align: top" %}
<table style="margin-left: 0">
<caption style="text-align: left; font-weight: bold">{{ caption }}</caption>
<thead><tr>{% for head in heads %}<th scope="col" style="{{ cell }}">{{ head }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}
<tr>
<td style="{{ cell }}; white-space: nowrap; border-left: 4px solid {{ colours.get(row.mark, other) }}">
<span aria-hidden="true">{{ row.mark }} </span>{{ row.word }}</td>
<th scope="row" style="{{ cell }}; font-weight: normal">{{ row.about | code }}</th>
<td style="{{ cell }}">{{ row.text | code }}
{% if row.meaning %}
<details><summary>{{ row.meaning[0] }}</summary>{{ row.meaning[1] | code }}</details>
{% endif %}
{% if row.message %}<div style="white-space: pre-wrap">{{ row.message | code }}</div>{% endif %}
{% if row.hint %}<div><strong>Hint:</strong> {{ row.hint | code }}</div>{% endif %}
</td>
{% if row.points %}
<td style="text-align: right; vertical-align: top; white-space: nowrap">{{ row.points }}</td>
{% endif %}
</tr>
{% endfor %}
</tbody>
{% if foot %}
<tfoot><tr><td colspan="{{ heads | length }}" style="{{ cell }}">
{% if link %}<a href="{{ link[0] }}">{{ link[1] }}</a> {% endif %}{{ foot | code }}
</td></tr></tfoot>
{% endif %}
</table>
"""


@dataclass(frozen=True)
class Row:
    """One row of a table: a mark and the word for it, a name, and texts, in which code stands between backticks.

    ``meaning`` is a summary and a text that is folded under it.
    """

    mark: str
    word: str
    about: str
    text: str
    meaning: tuple[str, str] | None = None
    message: str = ""
    hint: str = ""
    points: str = ""


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Row], foot: str = "", link: tuple[str, str] | None = None
) -> str:
    """Render a table as HTML; ``link`` is an address and its text, before the foot."""
    return _template().render(caption=caption, heads=heads, rows=rows, foot=foot, link=link)


@cache
def _template() -> Template:
    # Late: a terminal shows no HTML, and `ready` must work where packages are missing, to say so.
    from jinja2 import Environment  # noqa: PLC0415
    from markupsafe import Markup, escape  # noqa: PLC0415

    def code(text: str) -> Markup:
        return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped before

    environment = Environment(autoescape=True, trim_blocks=True)
    environment.filters["code"] = code
    return environment.from_string(_TABLE)


class Waiting:
    """A line in a notebook that counts finished steps, once the work takes long; nothing anywhere else.

    It stays at the end: removing it would remove all output of the cell before it.
    """

    def __init__(self, what: str, total: int, moment_seconds: float = MOMENT_SECONDS) -> None:
        self._what, self._total, self._done = what, total, 0
        self._from = time.monotonic() + moment_seconds if _in_notebook() else math.inf
        self._handle: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle:
            self._handle.update(self._bundle("interrupted" if kind else "done"), raw=True)

    def told(self, _: object) -> None:
        """Count one more step."""
        self._done += 1
        if self._handle:
            self._handle.update(self._bundle(), raw=True)
        elif time.monotonic() >= self._from:
            from IPython.display import display  # noqa: PLC0415  installed where a notebook runs, and only there

            self._handle = display(self._bundle(), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def _bundle(self, end: str = "") -> dict[str, Any]:
        text = f"{self._what}: {end or f'{self._done} of {self._total} runs done …'}"
        return {"text/plain": text, MIME: {"waiting": not end}}


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None
