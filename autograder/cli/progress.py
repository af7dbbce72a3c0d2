"""How a long run shows itself: a bar with an ETA on a terminal, plain lines elsewhere, and a table in the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from autograder import codes
from autograder.codes import Code
from autograder.report import NOT_ASKED_FOR, Report, pluralize
from autograder.text import line

LINES = 20
# How long nothing is finished before it is said who is waited for; and where lines are kept, how many times as long as
# one has taken so far.
PATIENCE_SECONDS, PATIENCE = 5.0, 4.0
PENDING = 50
LOOSE, DOUBTFUL = 20, 20


class Progress:
    """The lines about a long run as it goes: each thing as it is finished, and who is waited for.

    Parameters
    ----------
    done : callable
        Shows that one more is finished.
    waiting : callable
        Shows a line about who is waited for; an empty one when nobody is any more.
    rarely : bool
        Show it ever more rarely: where lines are kept, and not replaced.
    """

    def __init__(self, done: Callable[[], object], waiting: Callable[[str], object], *, rarely: bool) -> None:
        self._done = done
        self._waiting = waiting
        self._rarely = rarely
        self._began = self._since = time.monotonic()
        self._finished = 0
        self._told = 0.0

    def __call__(self, _: object) -> None:
        """One more is finished."""
        self._finished += 1
        self._since, self._told = time.monotonic(), 0.0
        self._waiting("")
        self._done()

    def waits(self, pending: Sequence[tuple[str, float]]) -> None:
        """Nothing has been finished for a moment; these are at work, for so many seconds, the longest first."""
        quiet = time.monotonic() - self._since
        usual = (self._since - self._began) / max(self._finished, 1)
        if pending and quiet >= max(PATIENCE_SECONDS, max(2 * self._told, PATIENCE * usual) * self._rarely):
            self._told = quiet
            (name, seconds), *others = pending
            more = f" and {len(others)} more" if others else ""
            self._waiting(f"waiting for {line(name)} ({seconds:.0f} s){more}")


@contextmanager
def progress(console: Console, total: int, what: str) -> Iterator[Progress]:
    """The line to print of each thing as it is finished."""
    if console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[waiting]}", markup=False),
        )
        with Bar(*columns, console=console) as bar:
            task = bar.add_task(what, total=total, waiting="")
            yield Progress(lambda: bar.advance(task), lambda line: bar.update(task, waiting=line), rarely=False)
        return
    started = time.monotonic()
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if done * LINES // total != (done - 1) * LINES // total:
            left = (time.monotonic() - started) / done * (total - done)
            console.print(f"{what}: {done} of {total}, ETA {left:.0f} s", highlight=False)

    def wait(line: str) -> None:
        if line:
            console.print(f"{what}: {done} of {total}, {line}", highlight=False, markup=False)

    yield Progress(tell, wait, rarely=True)


@dataclass(frozen=True)
class Pending:
    """The checks of one problem of a submission that could not be judged for one reason, which is our own fault."""

    student: str
    problem: str
    checks: tuple[str, ...]
    code: int
    message: str


class Tally:
    """The sums of a class's reports, added up one by one: codes and scores by problem, and what is pending.

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
        self.points_pending: dict[str, float] = {}
        self.pending: list[Pending] = []
        # How many submissions a check has judged, and how many it could not, by problem and name.
        self._judged: Counter[tuple[str, str]] = Counter()
        self._tripped: Counter[tuple[str, str]] = Counter()
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
            self.points_pending[problem.problem] = self.points_pending.get(problem.problem, 0.0) + problem.pending
            why: dict[tuple[int, str], list[str]] = {}
            for verdict in problem.checks:
                if verdict.code in codes.FAULTS_OF_OURS:
                    why.setdefault((verdict.code, verdict.message), []).append(verdict.check)
                    self._tripped[problem.problem, verdict.check] += 1
                elif verdict.code != Code.MISSING and verdict.blocked_by is None:
                    self._judged[problem.problem, verdict.check] += 1
            self.pending += [
                Pending(report.student, problem.problem, tuple(checks), code, message)
                for (code, message), checks in why.items()
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
        pending = any(self.points_pending.values())
        table = Table(title=f"{pluralize(self.submissions, 'submission')} by code", title_justify="left")
        table.add_column("problem", no_wrap=True)
        table.add_column("mean", justify="right")
        if pending:
            table.add_column("pending", justify="right")
        for code in columns:
            table.add_column(str(code), justify="right")
        for problem, count in self.codes.items():
            mean = self.scores[problem] / count.total()
            cells = (str(count[code]) if count[code] else "·" for code in columns)
            points = self.points_pending[problem]
            more = (f"{points:g}" if points else "·",) if pending else ()
            table.add_row(problem, f"{mean:.1f}/{self.most[problem]:g}", *more, *cells)
        console.print(table)
        self.warn(console)
        for said in self.doubtful[:DOUBTFUL]:
            console.print(escape(said), highlight=False)
        if len(self.doubtful) > DOUBTFUL:
            console.print(f"and {len(self.doubtful) - DOUBTFUL} more; each report says it", highlight=False)
        # What has happened to few comes first: it may be their doing.
        listed = sorted(self.pending, key=self._tripped_by)
        for one in listed[:PENDING]:
            console.print(escape(self._told(one)), style="bold")
        if len(listed) > PENDING:
            rest = f"and {len(listed) - PENDING} more; the column `pending` of grades.csv says whose"
            console.print(rest, style="bold")
        if listed:
            console.print(
                "What is pending is neither earned nor lost: mend what is said above, and give the same command again",
                style="bold",
                highlight=False,
            )

    def _told(self, pending: Pending) -> str:
        """The line about something that is pending, with how many others the same checks have judged."""
        tripped, judged = self._tripped_by(pending), min(self._judged[pending.problem, one] for one in pending.checks)
        alone = ""
        if judged:
            others = f"the same check has judged {pluralize(judged, 'other')}"
            alone = f" (one of {tripped}: {others})"
            if tripped == 1:
                alone = f" (only this one: {others}; a rare value, or an attack: look at what was handed in)"
        return (
            f"pending, our fault: {line(pending.student)} {pending.problem} {', '.join(pending.checks)}: "
            f"code {pending.code}, {line(pending.message)}{alone}"
        )

    def _tripped_by(self, pending: Pending) -> int:
        """How many submissions one of the same checks could not judge."""
        return max(self._tripped[pending.problem, check] for check in pending.checks)
