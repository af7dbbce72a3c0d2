"""A class's results as files: ``report.json`` and ``report.txt`` for each student, and ``grades.csv``."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from autograder.gradebook import faults
from autograder.gradebook.store import STORE_FILE, Store, StoreError
from autograder.report import Report, as_json, as_text
from autograder.text import line, sanitize

GRADES_FILE = "grades.csv"

# A spreadsheet takes a cell that begins with one of these for a formula; some do so with the wide forms, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def rebuild(out: Path, unwritten: Callable[[str], object] = lambda _: None) -> int:
    """Write ``grades.csv`` and the reports again, out of the store's latest whole run; returns how many reports.

    Parameters
    ----------
    unwritten : callable
        Is told of each report that can't be written, in a sentence.

    Raises
    ------
    StoreError
        If there is no store, or no whole run in it.
    MachineError
        If nothing can be written.
    """
    with Store.existing(out / STORE_FILE, writes=True) as store:
        run = store.latest()
        count = 0
        for report, _ in store.reports(run):
            if said := write_report(report, out):
                unwritten(f"{report.student}: {said}")
            else:
                count += 1
        write_grades(store, run, out)
    return count


def printed_by(out: Path, student: str) -> Iterator[str]:
    """What a student's modules printed in the latest whole run, problem by problem and check by check, as lines.

    Raises
    ------
    StoreError
        If there is no store, no whole run in it, or nobody of that name.
    """
    with Store.existing(out / STORE_FILE) as store:
        for report, keys in store.reports(store.latest()):
            if report.student == student:
                for problem, key in zip(report.problems, keys, strict=False):
                    for check, text in store.printed(key).items():
                        yield f"{problem.problem}, {line(check) or 'import'}:"
                        yield from (f"    {sanitize(said)}" for said in text.splitlines())
                return
    raise StoreError(f"nobody in the latest run in {out} is called {line(student)}")


def write_report(report: Report, out: Path) -> str:
    """A student's report, as JSON and as text; or why it can't be written, while others can: a clause.

    Raises
    ------
    MachineError
        If no file can be written there.
    """
    folder = out / report.student
    path = folder
    try:
        folder.mkdir(exist_ok=True)
        for path, content in (
            (folder / "report.json", as_json(report)),
            (folder / "report.txt", as_text(report).encode()),
        ):
            write_atomically(path, content)
    except OSError as error:
        said = faults.clause(path, error)
        if error.errno in faults.OF_A_DISK:
            raise faults.MachineError(said) from None
        return said
    return ""


def grades_csv(reports: Iterable[Report]) -> Iterator[str]:
    """The lines of the table of scores: a row per student, a column per problem, ``total``, ``max`` and ``pending``."""
    for number, report in enumerate(reports):
        if number == 0:
            yield _row(["student", *(problem.problem for problem in report.problems), "total", "max", "pending"])
        name = f"'{report.student}" if report.student.startswith(_FORMULA) else report.student
        scores = (f"{problem.score:g}" for problem in report.problems)
        yield _row([name, *scores, f"{report.score:g}", f"{report.max_score:g}", f"{report.pending:g}"])


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that there is never half of it."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(content)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def write_grades(store: Store, run: int, out: Path) -> None:
    """The table of a run's scores, out of the store.

    Raises
    ------
    MachineError
        If it can't be written.
    """
    lines = grades_csv(report for report, _ in store.reports(run))
    with faults.written_to(out / GRADES_FILE):
        write_atomically(out / GRADES_FILE, "".join(lines).encode())


def _row(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    # Where a comma is a decimal point spreadsheets split at semicolons, but not within quotes.
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    if any(";" in cell for cell in cells):
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(cells)
    return stream.getvalue()
