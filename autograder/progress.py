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
from autograder.report import NOT_ASKED_FOR, Report, counted
from autograder.text import line

LINES = 20
FAULTS = 50
LOOSE, DOUBTFUL = 20, 20


@contextmanager
def progress(console: Console, total: int, what: str) -> Iterator[Callable[[object], None]]:
    """A function to be told of each thing as it is finished."""
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

    def tell(_: object) -> None:
        nonlocal done
        done += 1
        if done * LINES // total != (done - 1) * LINES // total:
            left = (time.monotonic() - started) / done * (total - done)
            console.print(f"{what}: {done} of {total}, ETA {left:.0f} s", highlight=False)

    yield tell


class Tally:
    """What a class's reports come to, added up one by one: codes and scores by problem, and what was our own fault.

    Parameters
    ----------
    loose : sequence of str
        Names of files that belong to no student, and are not graded.
    """

    def __init__(self, loose: Sequence[str] = ()) -> None:
        self.loose = loose
        self.submissions = 0
        self.codes: dict[str, Counter[int]] = {}
        self.scores: dict[str, float] = {}
        self.most: dict[str, float] = {}
        self.faults: list[str] = []
        self.doubtful: list[str] = []

    def add(self, report: Report) -> None:
        """Add a report."""
        self.submissions += 1
        notes = (note for note in report.notes if not note.startswith(NOT_ASKED_FOR))
        self.doubtful += [f"to look at: {line(report.student)}: {note}" for note in notes]
        for problem in report.problems:
            self.codes.setdefault(problem.problem, Counter())[problem.code] += 1
            self.scores[problem.problem] = self.scores.get(problem.problem, 0.0) + problem.score
            self.most[problem.problem] = problem.max_score
            self.faults += [
                f"our fault, no points lost: {line(report.student)} {problem.problem} {verdict.check}: "
                f"code {verdict.code}, {line(verdict.message)}"
                for verdict in problem.checks
                if verdict.code in codes.FAULTS_OF_OURS
            ]

    def warn(self, console: Console) -> None:
        """Say which files are nobody's."""
        if self.loose:
            more = len(self.loose) - LOOSE
            names = ", ".join(self.loose[:LOOSE]) + (f" and {more} more" if more > 0 else "")
            said = f"warning: not graded, for it lies in no student's folder: {names}; put each into its student's"
            console.print(escape(said), highlight=False)

    def show(self, console: Console) -> None:
        """A row per problem: the mean score and how many submissions got each code; then what is to be looked at."""
        columns = sorted({code for count in self.codes.values() for code in count})
        table = Table(title=f"{counted(self.submissions, 'submission')} by code", title_justify="left")
        table.add_column("problem", no_wrap=True)
        table.add_column("mean", justify="right")
        for code in columns:
            table.add_column(str(code), justify="right")
        for problem, count in self.codes.items():
            mean = self.scores[problem] / count.total()
            cells = (str(count[code]) if count[code] else "·" for code in columns)
            table.add_row(problem, f"{mean:.1f}/{self.most[problem]:g}", *cells)
        console.print(table)
        self.warn(console)
        for said in self.doubtful[:DOUBTFUL]:
            console.print(escape(said), highlight=False)
        if len(self.doubtful) > DOUBTFUL:
            console.print(f"and {len(self.doubtful) - DOUBTFUL} more; each report says it", highlight=False)
        for said in self.faults[:FAULTS]:
            console.print(escape(said), style="bold")
        if len(self.faults) > FAULTS:
            console.print(f"and {len(self.faults) - FAULTS} more faults of ours", style="bold")
