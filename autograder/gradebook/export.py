"""Export of what the store holds: reports and tables as files, what modules printed, what changed between two runs.

In the folder of results::

    students.csv                                  the folder of each student
    <assignment>/grades.csv                       the scores
    <assignment>/reports/<folder>/report.json     everything that was found, for programs
    <assignment>/reports/<folder>/report.txt      the same, for people
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from autograder.gradebook.store import STORE_FILE, Key, Store, StoreError, by_assignment, written_to
from autograder.report import ProblemReport, Report, as_json, as_text, pluralize, scored
from autograder.text import line, sanitize

GRADES_FILE = "grades.csv"
STUDENTS_FILE = "students.csv"

# The longest file name that common file systems accept.
MAX_NAME_BYTES = 255
# A spreadsheet takes a cell that begins with one of these for a formula; some do so with the wide forms, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_DIGEST = re.compile(r"~[0-9a-f]{10}$")


def folder_of(student: str) -> str:
    """Name a student's folder: the student's name if every system accepts it, else its usable part and a digest.

    It depends on the name alone, so other students can't change it, and no two names share a folder.
    """
    plain = "".join(character if character.isprintable() else "_" for character in student)
    plain = re.sub(r'[<>:"/\\|?*]', "_", plain).strip().lstrip(".").rstrip(". ")
    if plain == student and len(student.encode()) <= MAX_NAME_BYTES and not _DIGEST.search(student):
        return student
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    kept = plain.encode()[: MAX_NAME_BYTES - 11].decode(errors="ignore")
    return f"{kept or 'unnamed'}~{digest}"


def export(out: Path) -> int:
    """Write tables and reports again, from each assignment's latest whole run; return the number of reports."""
    count = 0
    with Store.existing(out / STORE_FILE, writes=True) as store:
        for assignment, runs in _finished(store).items():
            for report, _ in store.reports(runs[-1], assignment):
                write_report(report, out)
                count += 1
            write_tables(store, runs[-1], [assignment], out)
    return count


def write_report(report: Report, out: Path) -> None:
    """Write a student's report, for each assignment; MachineError if it can't be written."""
    for assignment, part in by_assignment(report).items():
        folder = out / assignment / "reports" / folder_of(report.student)
        write_atomically(folder / "report.json", as_json(part))
        write_atomically(folder / "report.txt", as_text(part).encode())


def write_tables(store: Store, run: int, assignments: Iterable[str], out: Path) -> None:
    """Write a run's scores, a table for each assignment, and the students' folders; MachineError if that fails."""
    for assignment in assignments:
        lines = grades_csv(report for report, _ in store.reports(run, assignment))
        write_atomically(out / assignment / GRADES_FILE, "".join(lines).encode())
    folders = [["student", "folder"], *([_cell(student), folder_of(student)] for student in store.students())]
    write_atomically(out / STUDENTS_FILE, "".join(map(_row, folders)).encode())


def grades_csv(reports: Iterable[Report]) -> Iterator[str]:
    """Write the lines of the table of scores: a row per student, columns per problem, then sums.

    A notebook has a second column: the number of its cells with stale outputs. The last column, ``reason``, names what
    keeps files from being judged.
    """
    for number, report in enumerate(reports):
        names, cells = ["student"], [_cell(report.student)]
        for problem in report.problems:
            names.append(problem.problem)
            cells.append(f"{problem.score:g}")
            if problem.problem.endswith(".ipynb"):
                names.append(f"{problem.problem} stale")
                cells.append(f"{len({one.cell for one in problem.stale})}")
        if number == 0:
            yield _row([*names, "total", "max", "pending", "partial credit", "reason"])
        partial = "; ".join(
            f"{problem.problem} {verdict.check}: {verdict.partial}"
            for problem in report.problems
            for verdict in problem.checks
            if verdict.partial
        )
        reasons = {verdict.reason for problem in report.problems for verdict in problem.checks} - {""}
        points = (f"{each:g}" for each in (report.score, report.max_score, report.pending))
        yield _row([*cells, *points, _cell(partial), ", ".join(sorted(reasons))])


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file in one step, so that no reader ever sees half of it; MachineError if it can't be written."""
    new = path.with_name(f".{path.name}.new")
    with written_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(content)
        new.replace(path)


def output_of(out: Path, student: str) -> Iterator[str]:
    """List the output of a student's modules in each assignment's latest whole run, check by check, as lines."""
    with Store.existing(out / STORE_FILE) as store:
        finished = _finished(store).items()
        own = [one for name, runs in finished for one in store.reports(runs[-1], name) if one[0].student == student]
        if not own:
            raise StoreError(f"nobody in the latest run in {out} is called {line(student)}")
        for report, keys in own:
            for problem, key in zip(report.problems, keys, strict=True):
                for check, text in store.output(key).items():
                    yield f"{problem.problem}, {line(check) or 'import'}:"
                    yield from (f"    {sanitize(said)}" for said in text.splitlines())


def differences(out: Path) -> Iterator[str]:
    """List the changes between the last two whole runs of each assignment, by student and problem, as lines."""
    with Store.existing(out / STORE_FILE) as store:
        pairs = {name: runs[-2:] for name, runs in _finished(store).items() if len(runs) > 1}
        if not pairs:
            raise StoreError(f"{out} holds one whole run of each assignment; a difference needs two: grade again")
        for assignment, runs in pairs.items():
            before, after = (_results(store, run, assignment) for run in runs)
            both = {**after, **before}
            changes = [said for one in both if (said := _change(*one, before.get(one), after.get(one)))]
            yield from map(line, changes)
            yield f"{assignment}: {pluralize(len(changes), 'difference')} between run {runs[0]} and run {runs[1]}"


def _finished(store: Store) -> dict[str, list[int]]:
    if found := store.finished():
        return found
    raise StoreError("no run in this store has come to its end; grade the class first")


_Result: TypeAlias = "tuple[ProblemReport, Key]"


def _results(store: Store, run: int, assignment: str) -> dict[tuple[str, str], _Result]:
    return {
        (report.student, problem.problem): (problem, key)
        for report, keys in store.reports(run, assignment)
        for problem, key in zip(report.problems, keys, strict=True)
    }


def _change(student: str, name: str, before: _Result | None, after: _Result | None) -> str:
    if not before or not after:
        change = f"is new, {scored(after[0])}" if after else f"is gone, had {scored(before[0])}" if before else ""
        return f"{student}: {name} {change}"
    (old, old_key), (new, key) = before, after
    checks = "; ".join(_checks(old, new))
    why = "it was tried again"
    if key.files != old_key.files:
        why = "other files were handed in"
    elif key.problem != old_key.problem:
        why = "the problem or the engine changed"
    points = f"{old.score:g} → {new.score:g} points ({new.score - old.score:+g})"
    return f"{student}: {name} {points}, {why}: {checks}" if checks else ""


def _checks(old: ProblemReport, new: ProblemReport) -> Iterator[str]:
    before, after = (
        {verdict.check: f"{verdict.points:g} (code {verdict.code})" for verdict in one.checks} for one in (old, new)
    )
    for name in {**after, **before}:
        if before.get(name) != after.get(name):
            yield f"`{name}` {before.get(name, 'none')} → {after.get(name, 'none')}"


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    # Where a comma is a decimal point spreadsheets split at semicolons, but not within quotes.
    apart = any(";" in cell for cell in cells)
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL if apart else csv.QUOTE_MINIMAL).writerow(cells)
    return stream.getvalue()
