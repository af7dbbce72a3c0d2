"""How a long run shows itself: a bar with an ETA on a terminal, plain lines elsewhere, and a table in the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from autograder import codes
from autograder.report import ProblemReport, Report, Verdict, shown

LINES = 20


@contextmanager
def progress(console: Console, total: int, what: str) -> Iterator[Callable[[Report], None]]:
    """A function to be told of each report as it is finished."""
    if console.is_terminal:
        columns = (
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(what, total=total)
            yield lambda _: bar.advance(task)
        return
    started = time.monotonic()
    done = 0

    def tell(_: Report) -> None:
        nonlocal done
        done += 1
        if done * LINES // total != (done - 1) * LINES // total:
            left = (time.monotonic() - started) / done * (total - done)
            console.print(f"{what}: {done} of {total}, ETA {left:.0f} s", highlight=False)

    yield tell


def print_summary(console: Console, reports: Sequence[Report]) -> None:
    """A row per problem: the mean score and how many submissions got each code; then what was our own fault."""
    rows = list(zip(*(report.problems for report in reports), strict=True))
    counts = [Counter(problem.code for problem in row) for row in rows]
    columns = sorted({code for count in counts for code in count})
    table = Table(title=f"{len(reports)} submissions by code", title_justify="left")
    table.add_column("problem")
    table.add_column("mean", justify="right")
    for code in columns:
        table.add_column(str(code), justify="right")
    for row, count in zip(rows, counts, strict=True):
        mean = sum(problem.score for problem in row) / len(row)
        cells = (str(count[code]) if count[code] else "·" for code in columns)
        table.add_row(row[0].problem, f"{mean:.1f}/{row[0].max_score:g}", *cells)
    console.print(table)
    for line in faults(reports):
        console.print(escape(line), style="bold")


def faults(reports: Sequence[Report]) -> list[str]:
    """The faults of the autograder itself, a line each: student, problem, check, code and message."""
    return [
        f"our fault, no points lost: {shown(report.student)} {problem.problem} {verdict.check}: "
        f"code {verdict.code}, {verdict.message}"
        for report, problem, verdict in _verdicts(reports)
        if verdict.code in codes.FAULTS_OF_OURS
    ]


def _verdicts(reports: Sequence[Report]) -> Iterator[tuple[Report, ProblemReport, Verdict]]:
    for report in reports:
        for problem in report.problems:
            for verdict in problem.checks:
                yield report, problem, verdict
