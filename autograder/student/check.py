"""The verdict a student asks for: the checks of the official run, on the public seed, without any solution."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

from autograder import codes
from autograder.authoring import Check, Finding
from autograder.codes import Code
from autograder.course.assignments import Assignment, read_assignment
from autograder.course.problem import CourseError, Implementation, Problem
from autograder.expected import ANSWERS_FILE, Answers, from_file
from autograder.grading import conclude_alike, grade, judge
from autograder.notebook.figure_metadata import watch_in_a_notebook
from autograder.report import (
    MARKS,
    WIDTH,
    ProblemReport,
    Verdict,
    Words,
    mark_of,
    pluralize,
    points_of,
    problem_lines,
    scored,
    words_of,
)
from autograder.sandbox.observe import ENDED, Sandbox
from autograder.seed import Seed
from autograder.student.environment import MIME, Row, digests, library_name, newer_syntax, table, waiting
from autograder.student.notebook import judged_here
from autograder.submissions.selection import resembled
from autograder.text import neutral, sanitize
from autograder.wire import Observation

# A notebook that imports `check` gets its figures' data written into its pictures.
watch_in_a_notebook()

# Lines of what a check's calls printed that are shown, and characters of a line.
MOST_LINES, MOST_CHARACTERS = 12, 160


@dataclass(frozen=True)
class Checked:
    """A problem's report, with its display in a notebook or a terminal.

    ``digests`` are of the module it is on, and ``saved`` says when that was saved. ``printed`` is what the module
    printed, by check.
    """

    report: ProblemReport
    digests: Mapping[str, str] = field(default_factory=dict)
    saved: str = ""
    printed: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """The problem's code; 0 when every check passed."""
        return self.report.code

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def text(self, width: int = WIDTH) -> str:
        """Write the report for a terminal of some width."""
        return "\n".join(problem_lines(self.report, width, self.saved, self.printed))

    def _repr_html_(self) -> str:
        report = self.report
        heads = ("result", "check", "what it claims", "points")
        foot = "`python -m autograder codes` says it too" if report.code != Code.SUCCESS else ""
        notes = [f"note: {note}" for note in report.notes]
        link = (codes.PAGE, "Codes: what each means and what to try")
        rows = [
            _row(verdict, words, self.printed.get(verdict.check, ""))
            for verdict, words in zip(report.checks, words_of(report), strict=True)
        ]
        foot = "; ".join(filter(None, (self.saved, *notes, foot)))
        return table(f"{report.problem}: {scored(report)}", heads, rows, foot, link)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        found = {name: getattr(self.report, name) for name in ("problem", "code", "score", "max_score", "pending")}
        told = {**found, "files": dict(self.digests)}
        return {"text/plain": str(self), "text/html": self._repr_html_(), MIME: told}


def _row(verdict: Verdict, words: Words, printed: str) -> Row:
    known = codes.MEANINGS[verdict.code]
    meaning = (words.code, f"{known.meaning} {known.advice}") if words.code else None
    mark, name = mark_of(verdict), f"`{verdict.check}`"
    message = "\n".join(filter(None, (words.message, f"your code printed:\n{printed}" if printed else "")))
    return Row(mark, MARKS[mark], name, verdict.title, meaning, message, words.hint, points_of(verdict))


def check(problem: str, *checks: str, folder: Path | str = ".") -> Checked:
    """Check a module in the working directory, as saved on disk.

    CourseError if no assignment with that problem is found beside the module, or there is no such check.

    Parameters
    ----------
    problem : str
        The module's name, with or without ``.py``.
    *checks : str
        Names of the checks to make; all of them by default.
    folder : path, optional
        Where the module is.
    """
    name, here = problem.removesuffix(".py"), Path(folder)
    found = find(here, name)
    total = sum(one.draws for one in found.checks if one.at_home and (not checks or one.name in checks))
    own = [one for one in checks if one not in {each.name for each in found.in_notebook.checks}]
    checked = Checked(ProblemReport.of(found.id, ()), digests(here, [found.module_file]))
    if own or not checks:
        with waiting(f"checking {name}", total) as told:
            checked = check_file(found, here, own, told)
    if more := judged_here(found, here, checks):
        report = ProblemReport.of(found.id, (*checked.report.checks, *more), notes=checked.report.notes)
        checked = replace(checked, report=report)
    return checked


def find(folder: Path, name: str) -> Problem:
    """Find a released problem by name: in ``checks/`` beside the module, or in ``assignments/`` here."""
    names: list[str] = []
    homes = [folder.resolve(), *sorted((Path.cwd() / "assignments").glob("*"))]
    for home in (home for home in homes if (home / "checks/assignment.toml").is_file()):
        assignment = _read(home, only=(name,))  # another problem's page may need a package that isn't installed
        if assignment.problems:
            return assignment.problems[0]
        names += [entry.name for entry in assignment.entry.problems]
    if names:
        near = [f"{one}.py" for one in get_close_matches(name, names, 1)]
        meant = resembled(f"{name}.py", [f"{one}.py" for one in names]) or "".join(near)
        there = f"did you mean {meant}?" if meant else f"there are {', '.join(names)}"
        raise CourseError(f"no problem is called `{name}`; {there}")
    raise CourseError(
        f"no checks for a problem `{name}` were found from {folder.resolve()}; "
        "run this in the folder of the assignment, where `checks/` is"
    )


def assignment_in(folder: Path) -> Assignment:
    """Read the assignment that was unpacked into a folder; CourseError if there is none, or it is damaged."""
    if not (folder / "checks/assignment.toml").is_file():
        raise CourseError(
            f"{folder.resolve()} holds no `checks/`: go to the assignment's folder or name it; if that has lost its "
            "`checks/`, unpack the assignment's zip again and put your files there"
        )
    return _read(folder.resolve())


def check_file(
    problem: Problem,
    folder: Path,
    names: Sequence[str] = (),
    told: Callable[[object], object] = lambda _: None,
    judged: Callable[[Check, Sequence[Finding]], object] = lambda *_: None,
) -> Checked:
    """Check a problem's module in a folder, on the public seed.

    Parameters
    ----------
    names : sequence of str
        The checks to make; all of them by default.
    told, judged : callable
        Called after each draw; and with each check as soon as it is judged, and its findings.
    """
    answers = from_file(problem.folder / ANSWERS_FILE)
    draws: dict[str, list[Observation]] = {}

    def heard(observation: Observation) -> None:
        told(observation)
        check = next(one for one in problem.checks if one.name == observation.check)
        seen = draws.setdefault(check.name, [])
        seen.append(observation)
        if len(seen) == check.draws or observation.ending in ENDED:
            judged(check, judge(problem, check, seen, answers.reference, Seed.public()))

    with Sandbox(warm=False, told=heard) as sandbox:
        return _report(sandbox, problem, folder, answers, names)


def check_again(
    targets: Sequence[tuple[Problem, Path]], saved: Iterable[object], *, warm: bool = sys.platform == "linux"
) -> Iterator[list[Checked]]:
    """Check modules, each in its folder, now and again each time that ``saved`` yields.

    A ``warm`` run is forked from a server that has the libraries loaded: as little confined as one started afresh.
    """
    answers = [from_file(problem.folder / ANSWERS_FILE) for problem, _ in targets]
    with Sandbox(warm=warm, layers=(), weak=True) as sandbox:
        for _ in chain((None,), saved):
            pairs = zip(targets, answers, strict=True)
            yield [_report(sandbox, problem, folder, right) for (problem, folder), right in pairs]


def _report(sandbox: Sandbox, problem: Problem, folder: Path, answers: Answers, names: Sequence[str] = ()) -> Checked:
    chosen, files = check_named(problem, names), modules_in(folder)
    here = [one for one in chosen if one.at_home]
    digest = digests(folder, [problem.module_file])
    taken = [f"{name}: {said}; rename it" for name in files if (said := library_name(Path(name).stem))]
    when = "; ".join(filter(None, (saved_when(folder / problem.module_file), *taken)))
    outputs: dict[str, str] = {}

    def observe(*args: Any) -> Sequence[Observation]:
        seen = sandbox.observe(*args)
        for one in seen:  # of a check's draws the first that printed
            if one.output.strip():
                outputs.setdefault(one.check, one.output)
        return seen

    with warnings.catch_warnings():
        # Warnings about the student's values: in a notebook, they would stand above the verdict.
        warnings.simplefilter("ignore")
        notes: tuple[str, ...] = ()
        if problem.module_file not in files:
            message = f"{problem.module_file} is not in {folder.resolve()}; save your work there under this name"
            judged = conclude_alike(here, Code.MISSING, message, "missing")
        elif newer := newer_syntax(files[problem.module_file], problem.python):
            judged = conclude_alike(here, Code.RAISED, f"SyntaxError: {newer}")
        else:
            implementation = Implementation.of(problem.module_file, files)
            report = grade(observe, problem, implementation, answers, Seed.public(), here)
            judged, notes = report.checks, report.notes
    message = "handed in, judged later: the official run alone makes this check"
    verdicts = {
        one.name: Verdict(one.name, one.title, Code.SUCCESS, 0.0, one.points, message, None, later=True)
        for one in chosen
    }
    verdicts |= {verdict.check: verdict for verdict in judged}
    whole = ProblemReport.of(problem.id, tuple(verdicts.values()), notes=notes)
    return Checked(whole, digest, when, {name: _shown(output) for name, output in outputs.items()})


def _shown(output: str) -> str:
    lines = sanitize(neutral(output)).rstrip().splitlines()
    more = [f"and {pluralize(len(lines) - MOST_LINES, 'more line')}"] if len(lines) > MOST_LINES else []
    return "\n".join([*(line[:MOST_CHARACTERS] for line in lines[:MOST_LINES]), *more])


def saved_when(path: Path, now: float | None = None) -> str:
    """Say when a file was saved: ``line.py, saved 14:03:22, 2 minutes ago``; "" if there is none."""
    try:
        saved = path.stat().st_mtime
    except OSError:
        return ""
    seconds = max((time.time() if now is None else now) - saved, 0.0)
    form = "%H:%M:%S" if seconds < 12 * 3600 else "%Y-%m-%d %H:%M"
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((one for one in units if seconds >= one[0]), units[-1])
    return f"{path.name}, saved {datetime.fromtimestamp(saved):{form}}, {pluralize(int(seconds // size), unit)} ago"  # noqa: DTZ006  the user's clock


def check_named(problem: Problem, names: Collection[str]) -> list[Check]:
    """List the checks with these names, or all; CourseError if there is none of a name."""
    known = [one.name for one in problem.checks]
    if unknown := set(names).difference(known):
        near = get_close_matches(min(unknown), known, 1)
        raise CourseError(
            f"{problem.id} has no check `{min(unknown)}`; "
            + (f"did you mean `{near[0]}`?" if near else f"it has {', '.join(known)}")
        )
    return [one for one in problem.checks if not names or one.name in names]


def modules_in(folder: Path) -> dict[str, bytes]:
    """Read the modules in a folder, by file name."""
    files = {}
    for path in sorted(folder.glob("*.py")):
        with suppress(FileNotFoundError):  # an editor may be replacing the file
            files[path.name] = path.read_bytes()
    return files


def _read(home: Path, only: Collection[str] | None = None) -> Assignment:
    return read_assignment(home / "checks", home.name, home / "data", only)
