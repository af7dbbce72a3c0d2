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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from autograder.gradebook import faults
from autograder.gradebook.store import STORE_FILE, Key, Store, StoreError, by_assignment
from autograder.report import ProblemReport, Report, Verdict, as_json, as_text, pluralize, scored
from autograder.text import line, sanitize

GRADES_FILE = "grades.csv"
STUDENTS_FILE = "students.csv"

# Of a name, in the file systems that there are.
MAX_NAME_BYTES = 255
# A spreadsheet takes a cell that begins with one of these for a formula; some do so with the wide forms, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_DIGEST = re.compile(r"~[0-9a-f]{10}$")


def folder_of(student: str) -> str:
    """A student's folder: the name, if every system takes it for one folder's; else what is left, and a digest.

    It follows from the name alone, so that no other student changes it, and no two names have one folder.
    """
    plain = "".join(character if character.isprintable() else "_" for character in student)
    plain = re.sub(r'[<>:"/\\|?*]', "_", plain).strip().lstrip(".").rstrip(". ")
    if plain == student and len(student.encode()) <= MAX_NAME_BYTES and not _DIGEST.search(student):
        return student
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    kept = plain.encode()[: MAX_NAME_BYTES - 11].decode(errors="ignore")
    return f"{kept or 'unnamed'}~{digest}"


def export(out: Path, unwritten: Callable[[str], object] = lambda _: None) -> int:
    """Write tables and reports again, from each assignment's latest whole run; return how many reports.

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
    count = 0
    with Store.existing(out / STORE_FILE, writes=True) as store:
        for assignment, runs in _finished(store).items():
            for report, _ in store.reports(runs[-1], assignment):
                if said := write_report(report, out):
                    unwritten(f"{report.student}: {said}")
                else:
                    count += 1
            write_tables(store, runs[-1], [assignment], out)
    return count


def write_report(report: Report, out: Path) -> str:
    """Write a student's report, for each assignment; return why it can't be written while others can, as a clause.

    Raises
    ------
    MachineError
        If no file can be written there.
    """
    for assignment, part in by_assignment(report).items():
        folder = path = out / assignment / "reports" / folder_of(report.student)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path, content in (
                (folder / "report.json", as_json(part)),
                (folder / "report.txt", as_text(part).encode()),
            ):
                write_atomically(path, content)
        except OSError as error:
            said = faults.clause(path, error)
            if error.errno in faults.OF_A_DISK:
                raise faults.MachineError(said) from None
            return said
    return ""


def write_tables(store: Store, run: int, assignments: Iterable[str], out: Path) -> None:
    """Write a run's scores, a table for each assignment, and the table of the students' folders.

    Raises
    ------
    MachineError
        If one can't be written.
    """
    for assignment in assignments:
        lines = grades_csv(report for report, _ in store.reports(run, assignment))
        _write_table(out / assignment / GRADES_FILE, lines)
    folders = ([_cell(student), folder_of(student)] for student in store.students())
    _write_table(out / STUDENTS_FILE, map(_row, [["student", "folder"], *folders]))


def grades_csv(reports: Iterable[Report]) -> Iterator[str]:
    """The lines of the table of scores: a row per student, a column per problem, ``total``, ``max`` and ``pending``.

    A notebook has a second column: how many of its cells show what its code doesn't give.
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
            yield _row([*names, "total", "max", "pending"])
        yield _row([*cells, f"{report.score:g}", f"{report.max_score:g}", f"{report.pending:g}"])


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


def output_of(out: Path, student: str) -> Iterator[str]:
    """What a student's modules printed in each assignment's latest whole run, check by check, as lines.

    Raises
    ------
    StoreError
        If there is no store, no whole run in it, or no student of that name.
    """
    found = False
    with Store.existing(out / STORE_FILE) as store:
        for assignment, runs in _finished(store).items():
            for report, keys in store.reports(runs[-1], assignment):
                if report.student == student:
                    found = True
                    for problem, key in zip(report.problems, keys, strict=False):
                        for check, text in store.output(key).items():
                            yield f"{problem.problem}, {line(check) or 'import'}:"
                            yield from (f"    {sanitize(said)}" for said in text.splitlines())
    if not found:
        raise StoreError(f"nobody in the latest run in {out} is called {line(student)}")


def differences(out: Path) -> Iterator[str]:
    """What changed between the last two whole runs of each assignment that has two, as lines.

    One for each student and problem whose verdicts differ, and for each student that only one of the runs has; after
    an assignment's, how many.

    Raises
    ------
    StoreError
        If there is no store, or no assignment has two runs.
    """
    with Store.existing(out / STORE_FILE) as store:
        pairs = {name: runs[-2:] for name, runs in _finished(store).items() if len(runs) > 1}
        if not pairs:
            raise StoreError(f"{out} holds one whole run of each assignment; a difference needs two: grade again")
        for assignment, (before, after) in pairs.items():
            count = 0
            for count, said in enumerate(_differences(store, assignment, before, after), 1):  # noqa: B007
                yield line(said)
            yield f"{assignment}: {pluralize(count, 'difference')} between run {before} and run {after}"


def _finished(store: Store) -> dict[str, list[int]]:
    if found := store.finished():
        return found
    raise StoreError("no run in this store has come to its end; grade the class first")


def _differences(store: Store, assignment: str, before: int, after: int) -> Iterator[str]:
    old = {report.student: (report, keys) for report, keys in store.reports(before, assignment)}
    for report, keys in store.reports(after, assignment):
        earlier = old.pop(report.student, None)
        if earlier is None:
            yield f"{report.student}: new in {assignment}, {scored(report)}"
        else:
            yield from _changes(*earlier, report, keys)
    for report, _ in old.values():
        yield f"{report.student}: no longer in {assignment}, had {scored(report)}"


def _changes(old: Report, old_keys: Sequence[Key], new: Report, new_keys: Sequence[Key]) -> Iterator[str]:
    before = {problem.problem: (problem, key) for problem, key in zip(old.problems, old_keys, strict=True)}
    for problem, key in zip(new.problems, new_keys, strict=True):
        if problem.problem not in before:
            yield f"{new.student}: {problem.problem} is new, {scored(problem)}"
            continue
        earlier, earlier_key = before.pop(problem.problem)
        if checks := list(_checks(earlier, problem)):
            why = "it was tried again"
            if key.files != earlier_key.files:
                why = "other files were handed in"
            elif key.problem != earlier_key.problem:
                why = "the problem or the engine changed"
            points = f"{_score(earlier)} → {_score(problem)} points ({problem.score - earlier.score:+g})"
            yield f"{new.student}: {problem.problem} {points}, {why}: {'; '.join(checks)}"
    for problem, _ in before.values():
        yield f"{new.student}: {problem.problem} is gone, had {scored(problem)}"


def _checks(old: ProblemReport, new: ProblemReport) -> Iterator[str]:
    """The checks whose code or points differ."""
    before = {verdict.check: verdict for verdict in old.checks}
    for verdict in new.checks:
        earlier = before.pop(verdict.check, None)
        if earlier is None:
            yield f"`{verdict.check}` is new, code {verdict.code}"
        elif (earlier.code, _points(earlier)) != (verdict.code, _points(verdict)):
            code = f"code {verdict.code} as before"
            if earlier.code != verdict.code:
                code = f"code {earlier.code} → {verdict.code}"
            points = f"{_points(earlier)} → {_points(verdict)}"
            yield f"`{verdict.check}` {code}" + (f", {points} points" if _points(earlier) != _points(verdict) else "")
    for name in before:
        yield f"`{name}` is gone"


def _points(verdict: Verdict) -> str:
    return f"{verdict.pending:g} pending" if verdict.pending else f"{verdict.points:g}"


def _score(problem: ProblemReport) -> str:
    return f"{problem.score:g}" + (f" with {problem.pending:g} pending" if problem.pending else "")


def _write_table(path: Path, lines: Iterable[str]) -> None:
    with faults.written_to(path):
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, "".join(lines).encode())


def _cell(text: str) -> str:
    """A student's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    # Where a comma is a decimal point spreadsheets split at semicolons, but not within quotes.
    apart = any(";" in cell for cell in cells)
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL if apart else csv.QUOTE_MINIMAL).writerow(cells)
    return stream.getvalue()
