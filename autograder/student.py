"""The verdict a student asks for: the same checks as the official run's, on the public seed, without any solution."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder import codes
from autograder.answers import ANSWERS_FILE, Answers, from_file
from autograder.grade import grade
from autograder.notebook.drawn import watch_in_a_notebook
from autograder.problem import PUBLIC_SEED, Assignment, CourseError, Implementation, Problem, read_assignment
from autograder.report import ProblemReport, mark_of, problem_lines
from autograder.sandbox import Sandbox

# Whoever imports `check` in a notebook has its pictures say what they show.
watch_in_a_notebook()


@dataclass(frozen=True)
class Checked:
    """A problem's report, as it shows itself in a notebook or a terminal."""

    report: ProblemReport

    @property
    def code(self) -> int:
        """The problem's code; 0 when every check passed."""
        return self.report.code

    def __str__(self) -> str:
        return "\n".join(problem_lines(self.report))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = []
        for verdict in self.report.checks:
            judged = verdict.code != codes.SUCCESS and verdict.blocked_by is None
            said = f"{codes.CODES[verdict.code].name}\n{verdict.message}" if judged else verdict.message
            code = "" if verdict.blocked_by else f" {verdict.code}"
            hint = f"<br><em>{_marked_up(verdict.hint)}</em>" if verdict.hint else ""
            points = f"{verdict.points:g}/{verdict.max_points:g}"
            cells = (mark_of(verdict) + code, _marked_up(verdict.title), _marked_up(said) + hint, points)
            rows.append(_row(cells, "td"))
        head = _row(("code", "check", "what was found", "points"), 'th scope="col"')
        caption = f"<caption>{html.escape(self.report.problem)}</caption>"
        return f"<table>{caption}<thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


# JupyterLab puts cells to the right, which is right for numbers; of the message the lines are kept.
_COLUMN_STYLES = ("text-align:left; white-space:nowrap", "text-align:left", "text-align:left; white-space:pre-wrap", "")


def _row(cells: Sequence[str], tag: str) -> str:
    end = tag.partition(" ")[0]
    styled = zip(cells, _COLUMN_STYLES, strict=True)
    return "<tr>" + "".join(f'<{tag} style="{style}">{cell}</{end}>' for cell, style in styled) + "</tr>"


def _marked_up(text: str) -> str:
    """A text as HTML: whatever it holds is words, and what stands between backticks is code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text))


def check(problem: str, *checks: str, folder: Path | str = ".") -> Checked:
    """Check a module in the working directory, as saved on disk.

    Parameters
    ----------
    problem : str
        The module's name, with or without ``.py``.
    *checks : str
        Names of the checks to make; all of them by default.
    folder : path, optional
        Where the module is.

    Raises
    ------
    CourseError
        If no assignment with that problem is found beside the module, or a check has no such name.
    """
    name = problem.removesuffix(".py")
    return Checked(check_file(find(Path(folder), name), Path(folder), checks))


def find(folder: Path, name: str) -> Problem:
    """The released problem of a name: in ``checks/`` beside the module, or in the working directory's ``assignments/``.

    Raises
    ------
    CourseError
        If there is none.
    """
    for assignment in _released(folder):
        for problem in assignment.problems:
            if problem.name == name:
                return problem
    raise CourseError(
        f"no checks for a problem `{name}` were found from {folder.resolve()}; "
        "run this in the folder of the assignment, where `checks/` is"
    )


def problems_in(folder: Path) -> tuple[Problem, ...]:
    """The problems of the release that a folder belongs to.

    Raises
    ------
    CourseError
        If it belongs to none.
    """
    for assignment in _released(folder):
        return assignment.problems
    raise CourseError(f"{folder.resolve()} holds no `checks/`: it is no assignment's folder")


def check_file(problem: Problem, folder: Path, names: Sequence[str] = ()) -> ProblemReport:
    """The report on the module of a problem in a folder, on the public seed."""
    with Sandbox(warm=False) as sandbox:
        return _report(sandbox, problem, folder, from_file(problem.folder / ANSWERS_FILE), names)


def check_again(
    targets: Sequence[tuple[Problem, Path]], saved: Iterable[object], *, warm: bool = sys.platform == "linux"
) -> Iterator[list[ProblemReport]]:
    """The reports on modules now, and again each time that ``saved`` has something.

    Parameters
    ----------
    targets : sequence of (Problem, Path)
        Problems, each with the folder its module is in.
    warm : bool
        Fork each run from a server that has the libraries loaded. As little confined as one that is started afresh.
    """
    answers = [from_file(problem.folder / ANSWERS_FILE) for problem, _ in targets]
    with Sandbox(warm=warm, layers=(), weak=True) as sandbox:

        def now() -> list[ProblemReport]:
            pairs = zip(targets, answers, strict=True)
            return [_report(sandbox, problem, folder, right) for (problem, folder), right in pairs]

        yield now()
        for _ in saved:
            yield now()


def _report(
    sandbox: Sandbox, problem: Problem, folder: Path, answers: Answers, names: Sequence[str] = ()
) -> ProblemReport:
    unknown = set(names) - {one.name for one in problem.checks}
    if unknown:
        known = ", ".join(one.name for one in problem.checks)
        raise CourseError(f"{problem.id} has no check `{sorted(unknown)[0]}`; it has {known}")
    chosen = [one for one in problem.checks if not names or one.name in names]
    implementation = Implementation.of(problem.module_file, _modules(folder))
    return grade(sandbox.observe, problem, implementation, answers, PUBLIC_SEED, chosen)


def _modules(folder: Path) -> dict[str, bytes]:
    """The modules in a folder; one that an editor is just putting in another's place isn't there."""
    files = {}
    for path in sorted(folder.glob("*.py")):
        with suppress(FileNotFoundError):
            files[path.name] = path.read_bytes()
    return files


def _released(folder: Path) -> list[Assignment]:
    """The released assignments that a folder may belong to, nearest first."""
    here = folder.resolve()
    homes = [here, *sorted((Path.cwd() / "assignments").glob("*"))]
    found = [home for home in homes if (home / "checks" / "assignment.toml").is_file()]
    return [read_assignment(home / "checks", home.name, home / "data") for home in found]
