"""Reports: the verdicts on one submission, its score, and both as text and JSON."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from autograder import codes
from autograder.codes import Code
from autograder.text import line, neutral, sanitize

WIDTH = 100
NOT_ASKED_FOR = "not asked for, and not graded: "
# The beginning of a student's line that looks like a verdict, a code or a hint of ours.
_LIKE_OURS = re.compile(r"[^\w\s!-~]+\s*\d|code\s*\d|hint\s*:", re.IGNORECASE)
PENDING = (
    "pending points are neither earned nor lost: something of ours failed, and not your work. The staff has been told; "
    "these checks are judged when they are tried again"
)
# The signs before verdicts, and their words for screen readers.
MARKS = {"✓": "passed", "◐": "passed in part", "✗": "failed", "–": "not judged", "·": "pending"}


def pluralize(count: int, noun: str) -> str:
    """Write a count and its noun: ``1 check``, ``2 checks``."""
    return f"{count} {noun}{'s' * (count != 1)}"


class Verdict(msgspec.Struct, frozen=True):
    """The result of one check; ``docs/results.md`` explains the fields.

    ``later``: judged in the official run alone. ``cause``: the first check that fails for the same reason. ``reason``:
    the name of what keeps the whole file from being judged.
    """

    check: str
    title: str
    code: int
    points: float
    max_points: float
    message: str
    hint: str | None
    blocked_by: str | None = None
    pending: float = 0.0
    later: bool = False
    # The reason for points of a check that has not all of them, and is not without any.
    partial: str = ""
    cause: str | None = None
    reason: str = ""


class Stale(msgspec.Struct, frozen=True):
    """An output of a notebook that its code does not give: short texts of both, "" for no output. It costs nothing."""

    cell: int
    saved: str
    now: str


class ProblemReport(msgspec.Struct, frozen=True):
    """The verdicts on one problem of one submission; for a notebook, also its ``stale`` outputs.

    ``notes`` are about what costs nothing.
    """

    problem: str
    code: int
    score: float
    max_score: float
    # These have defaults, since reports in the stores of earlier engines lack some of them.
    pending: float = 0.0
    checks: tuple[Verdict, ...] = ()
    stale: tuple[Stale, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        problem: str,
        verdicts: tuple[Verdict, ...],
        course: Path | None = None,
        stale: Iterable[Stale] = (),
        notes: Iterable[str] = (),
    ) -> ProblemReport:
        """Make the report from verdicts; its code is the most severe of those that were judged.

        Text of a student's process enters a report only here, sanitized and without the grader's folders.
        """

        def fit(text: str) -> str:
            return line(neutral(text, course))

        return cls(
            problem=problem,
            code=codes.most_severe(verdict.code for verdict in verdicts if verdict.blocked_by is None),
            score=round(sum(verdict.points for verdict in verdicts), 6),  # shares of points sum to whole numbers
            max_score=sum(verdict.max_points for verdict in verdicts if not verdict.later),
            pending=sum(verdict.pending for verdict in verdicts),
            checks=tuple(
                msgspec.structs.replace(
                    verdict,
                    message=sanitize(neutral(verdict.message, course)),
                    title=line(verdict.title),
                    hint=None if verdict.hint is None else fit(verdict.hint),
                )
                for verdict in verdicts
            ),
            stale=tuple(Stale(each.cell, fit(each.saved), fit(each.now)) for each in stale),
            notes=tuple(map(fit, notes)),
        )


class Report(msgspec.Struct, frozen=True):
    """All verdicts on one submission; ``notes`` are about its files, ``footer`` is about the run."""

    student: str
    score: float
    max_score: float
    pending: float = 0.0
    problems: tuple[ProblemReport, ...] = ()
    notes: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, student: str, problems: tuple[ProblemReport, ...], notes: Iterable[str] = (), footer: Iterable[str] = ()
    ) -> Report:
        """Make the report from the problems' reports."""
        return cls(
            student=student,
            score=sum(problem.score for problem in problems),
            max_score=sum(problem.max_score for problem in problems),
            pending=sum(problem.pending for problem in problems),
            problems=problems,
            notes=tuple(map(line, notes)),
            footer=tuple(footer),
        )


def as_json(report: Report) -> bytes:
    """Write the text of ``report.json``."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def as_text(report: Report) -> str:
    """Write the text of ``report.txt``, which a student reads."""
    notes = [f"note: {note}" for note in report.notes]
    if report.pending:
        notes += _wrapped(f"note: {PENDING}", 6)
    lines = [f"{report.student}: {scored(report)}", "", *notes, *[""] * bool(notes)]
    for problem in report.problems:
        lines += [*problem_lines(problem, said=report.notes), ""]
    lines += [f"note: {note}" for note in report.footer]
    return "\n".join(lines) + "\n" * bool(report.footer)


def scored(report: ProblemReport | Report, where: str = "") -> str:
    """Write the score in words; ``where`` follows the points: ``7 of 10 points in your own check, 2 pending``."""
    return f"{report.score:g} of {report.max_score:g} points{where}{_to_come(report)}"


def _to_come(report: ProblemReport | Report) -> str:
    pending = f", {report.pending:g} pending" if report.pending else ""
    checks = report.checks if isinstance(report, ProblemReport) else ()
    later = sum(verdict.max_points for verdict in checks if verdict.later)
    return pending + (f", {later:g} more judged later" if later else "")


class Words(NamedTuple):
    """The words under a check's title: its code, findings and hint, each "" if there is nothing to say."""

    code: str
    message: str
    hint: str


def words_of(problem: ProblemReport, said: Iterable[str] = ()) -> tuple[Words, ...]:
    """Write the words for each check. A cause, a next step and what is ``said`` elsewhere are not said again."""
    known, hints = {*said}, dict[str, str]()
    follow = Counter(verdict.cause for verdict in problem.checks)
    words = []
    for verdict in problem.checks:
        code, name = "", verdict.reason or codes.MEANINGS[verdict.code].name
        if verdict.code != Code.SUCCESS and verdict.blocked_by is None:
            code = f"code {verdict.code}, {name}"
        if verdict.cause:
            words.append(Words(code, f"for the same reason as `{verdict.cause}`", ""))
            continue
        lines = _once(verdict.message.splitlines(), known)
        if count := follow[verdict.check]:
            lines.append(f"and {pluralize(count, 'more check')} fail{'s' * (count == 1)} with it")
        hint = verdict.hint or ""
        first = hints.setdefault(hint, verdict.check)
        hint = f"the same as for `{first}`" if hint and first != verdict.check else hint
        words.append(Words(code, "\n".join(lines), hint))
    return tuple(words)


def _once(lines: Sequence[str], known: set[str]) -> list[str]:
    """Leave out lines that are known, and next steps of earlier checks; of the same steps here the last one stays."""
    kept, steps = [], {*known}
    for said in reversed([one for one in lines if one not in known]):
        found, mark, step = said.rpartition("; ")
        is_step = mark and said[0] != " " and not step.startswith("expected")
        kept.append(found if is_step and step in steps else said)
        steps |= {step} if is_step else set()
    known |= steps
    return kept[::-1]


def problem_lines(
    problem: ProblemReport,
    width: int = WIDTH,
    saved: str = "",
    printed: Mapping[str, str] = MappingProxyType({}),
    said: Iterable[str] = (),
) -> list[str]:
    """Write a problem's verdicts as lines of text, at most ``width`` wide; at home with two things more.

    Parameters
    ----------
    saved : str
        The line under the head: which file this is about, and when it was saved.
    printed : mapping of str to str
        The output of the student's code, by check.
    said : iterable of str
        The sentences that stand elsewhere, and are left out here.
    """
    head = f"{problem.problem}  {problem.score:g}/{problem.max_score:g}{_to_come(problem)}"
    judged = tuple(verdict for verdict in problem.checks if not verdict.later)
    # A message about the whole file is shown once, above all its checks.
    shared = len({(one.code, one.message, one.hint) for one in judged}) == 1 < len(judged)
    lines = [head, "─" * min(len(head), width), *([saved] if saved else [])]
    if shared:
        (words,) = words_of(msgspec.structs.replace(problem, checks=judged[:1]), said)
        lines += _found(words, width)
    for verdict, words in zip(problem.checks, words_of(problem, said), strict=True):
        lines += _wrapped(f"{mark_of(verdict)} {points_of(verdict)}  {verdict.check}: {verdict.title}", 8, width)
        lines += [] if shared and not verdict.later else _found(words, width)
        if output := printed.get(verdict.check):
            lines += ["        your code printed:", *(f"        | {text}"[:width] for text in output.splitlines())]
    for note in problem.notes:
        lines += _wrapped(f"note: {note}", 6, width)
    for each in problem.stale:
        saved, now = each.saved or "nothing", each.now or "nothing"
        lines += _wrapped(f"note: cell {each.cell} shows {saved}, your code gives {now}", 6, width)
    return lines


def _found(words: Words, width: int) -> list[str]:
    """List the lines under a check. A bar marks lines that look like ours."""
    lines = [f"        {words.code}"] if words.code else []
    for said in words.message.splitlines():
        inset = 8 + len(said) - len(said.lstrip())
        for found in _wrapped(" " * inset + said.lstrip(), inset + 2, width):  # wrapped text may begin with any word
            text = found.lstrip()
            lines.append(f"{found[: len(found) - len(text)]}| {text}" if _LIKE_OURS.match(text) else found)
    if words.hint:
        lines += _wrapped(f"        Hint: {words.hint}", 14, width)
    return lines


def points_of(verdict: Verdict) -> str:
    """Write the points of a check: ``2/2``, ``0/2 pending``, or ``–/2`` if it is judged later."""
    points = "–" if verdict.later else f"{verdict.points:.4g}"
    return f"{points}/{verdict.max_points:g}{' pending' * bool(verdict.pending)}"


def mark_of(verdict: Verdict) -> str:
    """Choose the sign before a verdict, one of ``MARKS``."""
    if verdict.blocked_by is not None or verdict.later:
        return "–"
    if verdict.code == Code.SUCCESS:
        return "✓"
    if verdict.points:
        return "◐"
    return "·" if verdict.code in codes.FAULTS_OF_OURS else "✗"


def _wrapped(text: str, indent: int, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]
