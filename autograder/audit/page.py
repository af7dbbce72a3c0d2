"""The findings of an audit, as JSON and as a page with pictures. It shows lines of solutions: it is for staff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import msgspec
import numpy as np
from jinja2 import Environment
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from rich.console import Console
from rich.table import Table

from autograder import codes
from autograder.audit.false_alarms import Bound
from autograder.audit.kills import Kill
from autograder.audit.luck import Outcome, counted
from autograder.audit.margins import WIDE, Margin
from autograder.audit.measure import Measured
from autograder.audit.parity import Difference

JSON_FILE = "audit.json"
PAGE_FILE = "index.html"

# Colours of cells in the kill matrix, by code. Codes that no student's check can have are left out.
_COLOURS = {
    0: "#eeeeee",
    1: "#000000",
    2: "#7b4173",
    40: "#8c6d31",
    50: "#ad494a",
    51: "#e7969c",
    52: "#e6550d",
    53: "#3182bd",
    54: "#9ecae1",
    55: "#31a354",
    60: "#fdae6b",
    61: "#756bb1",
    62: "#fdd0a2",
    63: "#d9a066",
}
_UNTRIED = "#ffffff"
_LEAST, _MOST = 1e-12, 1e12


def write_audit(found: Sequence[Measured], out: Path) -> None:
    """Write ``audit.json``, ``index.html`` and its pictures into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    (out / JSON_FILE).write_bytes(msgspec.json.format(msgspec.json.encode([_shown(each) for each in found]), indent=1))
    with mpl.rc_context({"svg.hashsalt": "audit", "font.size": 8}):
        for each in found:
            stem = each.problem.replace("/", "-")
            _kill_picture(each, out / f"{stem}-kills.svg")
            _margin_picture(each.margins, out / f"{stem}-margins.svg")
    (out / PAGE_FILE).write_text(_page(found), encoding="utf-8")


def _shown(each: Measured) -> dict[str, object]:
    explained, wrong_values = each.explained
    return {
        **msgspec.structs.asdict(each),
        "killed": each.killed,
        "lucky": [kill.change for kill in each.lucky],
        "explained": explained,
        "wrong_values": wrong_values,
    }


def _kill_picture(each: Measured, path: Path) -> None:
    order = list(dict.fromkeys(kill.operator for kill in each.mutants))
    rows = sorted(each.mutants, key=lambda kill: order.index(kill.operator))
    palette = [*_COLOURS, None]
    cells = np.array([[palette.index(kill.codes.get(check)) for check in each.checks] for kill in rows])
    figure, axes = plt.subplots(figsize=(2.5 + 0.45 * len(each.checks), 1.5 + 0.06 * len(rows)))
    colours = ListedColormap([*_COLOURS.values(), _UNTRIED])
    axes.imshow(cells, aspect="auto", interpolation="nearest", cmap=colours, vmin=-0.5, vmax=len(palette) - 0.5)
    axes.set_xticks(range(len(each.checks)), each.checks, rotation=45, ha="left")
    axes.xaxis.tick_top()
    counts = [sum(kill.operator == operator for kill in rows) for operator in order]
    ends = np.cumsum(counts)
    axes.set_yticks(ends - np.array(counts) / 2 - 0.5, order, fontsize=5)
    axes.tick_params(length=0)
    for end in ends[:-1]:
        axes.axhline(end - 0.5, color="white", linewidth=1)
    for n, kill in enumerate(rows):
        if kill.survived:
            axes.annotate("◂", (len(each.checks) - 0.45, n), annotation_clip=False, va="center", fontsize=5)
    seen = sorted({code for kill in rows for code in kill.codes.values()})
    handles = [Patch(color=_COLOURS[code], label=f"{code} {codes.MEANINGS[code].name}") for code in seen]
    if any(check not in kill.codes for kill in rows for check in each.checks):
        handles.append(Patch(facecolor=_UNTRIED, edgecolor="#999999", label="not tried: others catch it"))
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.03, 1), frameon=False)
    _save(figure, path)


def _margin_picture(margins: Sequence[Margin], path: Path) -> None:
    """Draw a strip per value: the largest distance of right values, the least of wrong ones, and the tolerance."""
    figure, axes = plt.subplots(figsize=(8, 1 + 0.16 * max(len(margins), 1)))
    axes.axvspan(1 / WIDE, WIDE, color="#f3e5ab")
    axes.axvline(1, color="#444444", linewidth=1)
    for n, margin in enumerate(margins):
        right, wrong = (float(np.clip(units, _LEAST, _MOST)) for units in (margin.spread, margin.nearest))
        axes.plot([_LEAST, right], [n, n], color="#31a354", linewidth=3, solid_capstyle="butt")
        axes.plot([wrong, _MOST], [n, n], color="#de2d26", linewidth=3, solid_capstyle="butt")
    axes.set_yticks(
        range(len(margins)),
        [f"{each.check} · {each.value}{' (float32)' * (each.inputs == 'float32')}" for each in margins],
        fontsize=6,
    )
    axes.set_ylim(len(margins) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.set_xlim(_LEAST, _MOST)
    axes.set_xlabel("distance from the reference, in tolerances: right (green), wrong (red)")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


_HEADS = (
    "problem",
    "mutants",
    "killed",
    "by luck",
    "equivalent",
    "behavioural mutants",
    "known mistakes",
    "true hints on 53",
    "otherwise at home",
    "and with a reason",
    "narrow margins",
    "seeds",
    "false alarms",
    "faults",
)


def _figures(each: Measured) -> tuple[object, ...]:
    return (
        each.problem,
        len(each.mutants),
        each.killed,
        len(each.lucky),
        len(each.equivalent),
        counted(each.behaviour),
        f"{len(each.known)} of {each.rejects}",
        _share(*each.explained),
        sum(not difference.reason for difference in each.at_home),
        sum(bool(difference.reason) for difference in each.at_home),
        len(each.narrow),
        each.seeds,
        sum(alarm.failures for alarm in each.alarms),
        len(each.faults),
    )


def _share(some: int, of: int) -> str:
    return f"{some} of {of} ({some / of:.0%})" if of else "none"


def print_audit(console: Console, found: Sequence[Measured]) -> None:
    """Print the figures as tables: each problem's, each check's; and details worth a look."""
    table = Table()
    for head in _HEADS:
        table.add_column(head)
    for each in found:
        table.add_row(*(str(figure) for figure in _figures(each)))
    console.print(table)
    for each in found:
        table = Table(title=f"{each.problem}: mutants caught by each check", title_justify="left")
        for head in ("check", "caught", "with codes", "caught by no other"):
            table.add_column(head)
        for check in each.checks:
            counts = Counter(kill.codes[check] for kill in each.mutants if kill.codes.get(check))
            alone = sum([name for name, code in kill.codes.items() if code] == [check] for kill in each.mutants)
            said = ", ".join(f"{code}: {count}" for code, count in sorted(counts.items()))
            table.add_row(check, str(counts.total()), said, str(alone))
        console.print(table)
        for title, lines in _details(each):
            for line in lines:
                console.print(f"{title}: {line}", markup=False, highlight=False)


def _details(each: Measured) -> list[tuple[str, list[str]]]:
    return [
        ("Catches nothing which no other check catches", list(each.idle)),
        (
            "Caught on some draws only",
            [f"{kill.change} ({kill.operator}), at best {max(kill.shares.values()):.0%}" for kill in each.lucky],
        ),
        (
            "Behavioural mutant",
            [_outcome(one) for one in each.behaviour if one.verdict in {"luck", "accepted"}],
        ),
        ("Without a hint that is true", [_unexplained(kill) for kill in each.mutants if kill.explained is False]),
        ("Said otherwise at home", [_otherwise(difference) for difference in each.at_home]),
        ("Narrow margin", [_narrow(margin) for margin in each.narrow]),
        ("Statistical check", [_bound(bound) for bound in each.bounds]),
    ]


_PAGE = """\
{%- macro listed(title, lines, kind="") -%}
{%- if lines %}<h3>{{ title }}</h3><ul class="{{ kind }}">
{%- for line in lines %}<li><code>{{ line }}</code>{% endfor %}</ul>{% endif %}
{%- endmacro -%}
{%- macro table(heads, rows) -%}
<table><tr>{% for head in heads %}<th>{{ head }}</th>{% endfor %}</tr>
{%- for row in rows %}<tr>
{%- for cell in row %}<td class="{{ "n" if cell is integer }}">{{ cell }}</td>{% endfor %}</tr>
{%- endfor %}</table>
{%- endmacro -%}
<!doctype html><html lang=en><meta charset=utf-8><title>Audit</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222 }
h2 { margin-top: 2.5em } table { border-collapse: collapse; margin: 1em 0 }
td, th { border-bottom: 1px solid #ddd; padding: 0.2em 0.8em 0.2em 0; text-align: left; vertical-align: top }
td.n { text-align: right } code { font-size: 90% } img { max-width: 100% } .bad { color: #b00020 }
</style><h1>Audit of the checks</h1>
<p>For staff: the mutants are lines of the solutions.</p>
{{ table(heads, figures) }}
{% for each in problems %}
<h2>{{ each.problem }}</h2>
{{ listed("What does not hold", each.faults, "bad") }}
<h3>Which check catches which mutant</h3><p>◂ marks what no check catches on some seed.</p>
<img src="{{ each.problem | replace("/", "-") }}-kills.svg" alt="kill matrix">
<details><summary>The same as a table, mutant by mutant</summary>
{{ table(["operator", "line", "change"] + each.checks | list, matrix(each)) }}</details>
{% for title, lines in details(each) %}{{ listed(title, lines) }}{% endfor %}
{{ listed("Equivalent mutants", equivalent(each)) }}
<h3>Margins</h3><img src="{{ each.problem | replace("/", "-") }}-margins.svg" alt="margins">
{% endfor %}
"""


def _page(found: Sequence[Measured]) -> str:
    return (
        Environment(autoescape=True)
        .from_string(_PAGE)
        .render(
            heads=_HEADS,
            figures=[_figures(each) for each in found],
            problems=found,
            matrix=_matrix,
            details=_details,
            equivalent=lambda each: [f"{change}: {reason}" for change, reason in each.equivalent.items()],
        )
    )


def _matrix(each: Measured) -> list[tuple[object, ...]]:
    return [
        (kill.operator, kill.line, kill.change, *(kill.codes.get(check) or "" for check in each.checks))
        for kill in each.mutants
    ]


def _narrow(margin: Margin) -> str:
    return (
        f"{margin.check}, {margin.value}: {margin.proposal}; farthest right: {margin.widest}; "
        f"nearest wrong: {margin.closest or 'none'}"
    )


def _unexplained(kill: Kill) -> str:
    told = "; ".join(f"{check}: {hint}" for check, hint in kill.hints.items())
    return f"line {kill.line}, {kill.operator}: {kill.change}{f' ({told})' if told else ''}"


def _outcome(outcome: Outcome) -> str:
    example = f", for example not as most on seed {outcome.example}" if outcome.verdict == "luck" else ""
    share = f"{outcome.caught} of {outcome.seeds}"
    return f"{outcome.verdict}: {outcome.change} ({outcome.operator}), caught on {share} seeds{example}"


def _otherwise(each: Difference) -> str:
    said = f"{each.implementation}: {each.check} says {each.official} officially, {each.home} at home"
    return f"{said}: {each.reason or 'without a reason'}"


def _bound(bound: Bound) -> str:
    return (
        f"{bound.check} states a false-alarm rate of {bound.stated:.2g}; asked for {bound.asked:g}, it failed the "
        f"reference on {bound.failures} of {bound.runs} seeds"
    )
