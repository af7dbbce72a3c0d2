"""The screen of a long command: its console, its progress, and the sums of a class."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from autograder.codes import FAULTS_OF_OURS
from autograder.report import NOT_ASKED_FOR, Report, pluralize
from autograder.text import line

# Width of tables written to a file or a pipe.
LOG_WIDTH = 160
# The approximate number of progress lines for a class, in a log.
LOG_LINES = 20
# Seconds without a result before the slowest submission is named; in a log, also a multiple of the usual time.
PATIENCE_SECONDS, PATIENCE = 5.0, 4.0
# Lines under the table of a class.
LISTED = 50

COURSE = click.option(
    "--course",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder that holds solutions/; the working directory by default.",
)


def screen() -> Console:
    """Open the terminal, or a wide page where the output goes to a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=LOG_WIDTH, soft_wrap=True)


class Progress(Bar):
    """The progress of ``total`` items: a bar on a terminal, some lines in a log; and the students waited for."""

    def __init__(self, console: Console, total: int, what: str) -> None:
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[waiting]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._total, self._what = total, what
        self._task = self.add_task(what, total=total, waiting="")
        self._done = 0
        self.begin()

    def begin(self) -> None:
        """Start the clock."""
        self._began = self._since = time.monotonic()
        self._told = 0.0

    def __call__(self, _: object) -> None:
        """Count one finished item."""
        self._done += 1
        self._since, self._told = time.monotonic(), 0.0
        self.update(self._task, advance=1, waiting="")
        if self._done * LOG_LINES // self._total != (self._done - 1) * LOG_LINES // self._total:
            left = (self._since - self._began) / self._done * (self._total - self._done)
            self._log(f"ETA {left:.0f} s")

    def waits(self, pending: Sequence[tuple[str, float]]) -> None:
        """Name the students waited for (names and seconds, the longest first), if nothing has finished for long."""
        quiet = time.monotonic() - self._since
        if pending and quiet >= PATIENCE_SECONDS:
            (name, seconds), *others = pending
            more = f" and {len(others)} more" if others else ""
            said = f"waiting for {line(name)} ({seconds:.0f} s){more}"
            self.update(self._task, waiting=said)
            usual = (self._since - self._began) / max(self._done, 1)
            # In a log, where lines stay: less and less often, and only students slower than the others.
            if quiet >= max(2 * self._told, PATIENCE * usual):
                self._told = quiet
                self._log(said)

    def _log(self, said: str) -> None:
        if not self.console.is_terminal:
            said = f"{self._what}: {self._done} of {self._total}, {said}"
            self.console.print(said, highlight=False, markup=False)


@dataclass
class Row:
    """The sums of one problem, or notebook, over a class."""

    max_score: float
    score: float = 0.0
    pending: float = 0.0
    codes: Counter[int] = field(default_factory=Counter)


@dataclass
class Tally:
    """The sums of a class's reports: codes and scores by problem, what is pending, what to look at.

    ``loose`` are names of files that lie in no student's folder, and are not graded.
    """

    loose: Sequence[str] = ()
    submissions: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)

    def add(self, report: Report) -> None:
        """Add a report."""
        self.submissions += 1
        student = line(report.student)
        notes = (note for note in report.notes if not note.startswith(NOT_ASKED_FOR))
        self.doubtful += [f"to look at: {student}: {note}" for note in notes]
        for problem in report.problems:
            row = self.rows.setdefault(problem.problem, Row(problem.max_score))
            row.score += problem.score
            row.pending += problem.pending
            row.codes[problem.code] += 1
            why: dict[str, list[str]] = {}
            for verdict in problem.checks:
                if verdict.code in FAULTS_OF_OURS:
                    why.setdefault(f"code {verdict.code}, {line(verdict.message)}", []).append(verdict.check)
            self.pending += [
                f"pending, our fault: {student} {problem.problem} {', '.join(checks)}: {said}"
                for said, checks in why.items()
            ]

    def show(self, console: Console) -> None:
        """Print a row for each problem (mean score, submissions by code), then notes that need attention."""
        codes = sorted({code for row in self.rows.values() for code in row.codes})
        pending = ("pending",) if self.pending else ()
        table = Table(title=f"{pluralize(self.submissions, 'submission')} by code", title_justify="left")
        table.add_column("problem", no_wrap=True)
        for head in ("mean", *pending, *map(str, codes)):
            table.add_column(head, justify="right")
        for name, row in self.rows.items():
            counts = (*(row.pending for _ in pending), *(row.codes[code] for code in codes))
            mean = f"{row.score / row.codes.total():.1f}/{row.max_score:g}"
            table.add_row(name, mean, *(f"{count:g}" if count else "·" for count in counts))
        console.print(table)
        loose = [
            f"warning: {one} is not graded, for it lies in no student's folder; put it there" for one in self.loose
        ]
        notes = [*self.pending, *loose, *self.doubtful]
        for note in notes[:LISTED]:
            console.print(note, highlight=False, markup=False)
        if len(notes) > LISTED:
            console.print(f"and {len(notes) - LISTED} more; the reports and the column `pending` of grades.csv say it")
        if self.pending:
            advice = "mend what is said above, and give the same command again"
            console.print(f"What is pending is neither earned nor lost: {advice}", style="bold", highlight=False)
