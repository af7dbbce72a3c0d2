"""The screen of a long command: its console, its progress, and the sums of a class."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from autograder.codes import FAULTS_OF_OURS, Code
from autograder.report import NOT_ASKED_FOR, ProblemReport, Report, pluralize
from autograder.text import line

# Width of tables written to a file or a pipe.
LOG_WIDTH = 160
# About so many progress lines for a class, in a log.
LOG_LINES = 20
# Seconds without a result before the slowest submission is named; in a log, also a multiple of the usual time.
PATIENCE_SECONDS, PATIENCE = 5.0, 4.0
# Lines of each kind under the table of a class.
LOOSE, DOUBTFUL, PENDING = 20, 20, 50

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


class Progress:
    """The progress of a long run: each item when it is finished, and who is waited for.

    Parameters
    ----------
    done : callable
        Shows the number of finished items, given the seconds that they took.
    waiting : callable
        Shows a line about who is waited for; an empty line when nobody is.
    rarely : bool
        Show such lines at growing intervals: in a log, where lines stay.
    """

    def __init__(self, done: Callable[[int, float], object], waiting: Callable[[str], object], *, rarely: bool) -> None:
        self._done = done
        self._waiting = waiting
        self._rarely = rarely
        self._finished = 0
        self.start()

    def start(self) -> None:
        """Count the time from now on."""
        self._began = self._since = time.monotonic()
        self._told = 0.0

    def __call__(self, _: object) -> None:
        """Count one finished item."""
        self._finished += 1
        self._since, self._told = time.monotonic(), 0.0
        self._waiting("")
        self._done(self._finished, self._since - self._began)

    def waits(self, pending: Sequence[tuple[str, float]]) -> None:
        """Name who is waited for (names and seconds, the longest first), if nothing has been finished for long."""
        quiet = time.monotonic() - self._since
        usual = (self._since - self._began) / max(self._finished, 1)
        if pending and quiet >= max(PATIENCE_SECONDS, max(2 * self._told, PATIENCE * usual) * self._rarely):
            self._told = quiet
            (name, seconds), *others = pending
            more = f" and {len(others)} more" if others else ""
            self._waiting(f"waiting for {line(name)} ({seconds:.0f} s){more}")


@contextmanager
def progress(console: Console, total: int, what: str) -> Iterator[Progress]:
    """Show the progress of ``total`` items: a bar on a terminal, some lines in a log."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[waiting]}", markup=False),
    )
    log = not console.is_terminal
    # In a log, the bar counts and draws nothing.
    with Bar(*columns, console=console, disable=log) as bar:
        task = bar.add_task(what, total=total, waiting="")

        def done(number: int, seconds: float) -> None:
            bar.advance(task)
            if log and number * LOG_LINES // total != (number - 1) * LOG_LINES // total:
                left = seconds / number * (total - number)
                console.print(f"{what}: {number} of {total}, ETA {left:.0f} s", highlight=False)

        def waiting(said: str) -> None:
            bar.update(task, waiting=said)
            if log and said:
                console.print(f"{what}: {bar.tasks[0].completed:g} of {total}, {said}", highlight=False, markup=False)

        yield Progress(done, waiting, rarely=log)


@dataclass
class Row:
    """The sums of one problem, or notebook, over a class."""

    max_score: float
    score: float = 0.0
    pending: float = 0.0
    codes: Counter[int] = field(default_factory=Counter)
    # Submissions that a check has judged, and could not judge, by check.
    judged: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Pending:
    """Checks of one submission that could not be judged, for one reason that is a fault of ours."""

    student: str
    problem: str
    checks: tuple[str, ...]
    code: int
    message: str


class Tally:
    """The sums of a class's reports: codes and scores by problem, what is pending, what to look at.

    Parameters
    ----------
    loose : sequence of str
        Names of files that lie in no student's folder, and are not graded.
    """

    def __init__(self, loose: Sequence[str] = ()) -> None:
        self.loose = loose
        self.submissions = 0
        self.rows: dict[str, Row] = {}
        self.pending: list[Pending] = []
        self.doubtful: list[str] = []

    def add(self, report: Report) -> None:
        """Add a report."""
        self.submissions += 1
        notes = (note for note in report.notes if not note.startswith(NOT_ASKED_FOR))
        self.doubtful += [f"to look at: {line(report.student)}: {note}" for note in notes]
        for problem in report.problems:
            self._add(report.student, problem, self.rows.setdefault(problem.problem, Row(problem.max_score)))

    def _add(self, student: str, problem: ProblemReport, row: Row) -> None:
        row.score += problem.score
        row.pending += problem.pending
        row.codes[problem.code] += 1
        why: dict[tuple[int, str], list[str]] = {}
        for verdict in problem.checks:
            if verdict.code in FAULTS_OF_OURS:
                why.setdefault((verdict.code, verdict.message), []).append(verdict.check)
                row.failed[verdict.check] += 1
            elif verdict.code != Code.MISSING and verdict.blocked_by is None:
                row.judged[verdict.check] += 1
        self.pending += [
            Pending(student, problem.problem, tuple(checks), code, message) for (code, message), checks in why.items()
        ]

    def warn(self, console: Console) -> None:
        """Name the files that belong to nobody."""
        if self.loose:
            more = len(self.loose) - LOOSE
            names = ", ".join(self.loose[:LOOSE]) + (f" and {more} more" if more > 0 else "")
            said = f"warning: not graded, for it lies in no student's folder: {names}; put each into its student's"
            console.print(escape(said), highlight=False)

    def show(self, console: Console) -> None:
        """Print a row for each problem (mean score, submissions by code), then what is to be looked at."""
        codes = sorted({code for row in self.rows.values() for code in row.codes})
        pending = any(row.pending for row in self.rows.values())
        table = Table(title=f"{pluralize(self.submissions, 'submission')} by code", title_justify="left")
        table.add_column("problem", no_wrap=True)
        for head in ("mean", *(("pending",) if pending else ()), *map(str, codes)):
            table.add_column(head, justify="right")
        for name, row in self.rows.items():
            points = (f"{row.pending:g}" if row.pending else "·",) if pending else ()
            counts = (str(row.codes[code]) if row.codes[code] else "·" for code in codes)
            table.add_row(name, f"{row.score / row.codes.total():.1f}/{row.max_score:g}", *points, *counts)
        console.print(table)
        self.warn(console)
        for said in self.doubtful[:DOUBTFUL]:
            console.print(escape(said), highlight=False)
        if len(self.doubtful) > DOUBTFUL:
            console.print(f"and {len(self.doubtful) - DOUBTFUL} more; each report says it", highlight=False)
        # Rare failures first: a submission may have caused them.
        listed = sorted(self.pending, key=self._failures)
        for one in listed[:PENDING]:
            console.print(escape(self._sentence(one)), style="bold")
        if len(listed) > PENDING:
            rest = f"and {len(listed) - PENDING} more; the column `pending` of grades.csv says whose"
            console.print(rest, style="bold")
        if listed:
            advice = "mend what is said above, and give the same command again"
            console.print(f"What is pending is neither earned nor lost: {advice}", style="bold", highlight=False)

    def _sentence(self, pending: Pending) -> str:
        row, failures = self.rows[pending.problem], self._failures(pending)
        alone = ""
        if judged := min(row.judged[check] for check in pending.checks):
            others = f"the same check has judged {pluralize(judged, 'other')}"
            alone = f" (one of {failures}: {others})"
            if failures == 1:
                alone = f" (only this one: {others}; a rare value, or an attack: look at what was handed in)"
        return (
            f"pending, our fault: {line(pending.student)} {pending.problem} {', '.join(pending.checks)}: "
            f"code {pending.code}, {line(pending.message)}{alone}"
        )

    def _failures(self, pending: Pending) -> int:
        """Count the submissions that these checks could not judge."""
        return max(self.rows[pending.problem].failed[check] for check in pending.checks)
