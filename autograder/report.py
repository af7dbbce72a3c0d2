"""Reports: the verdicts on one submission, the score that follows, and how they look as text and JSON."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

import msgspec

from autograder import codes
from autograder.codes import Code
from autograder.text import line, shown
from autograder.whereabouts import neutral

WIDTH = 100
# How a note begins that is about nothing missing.
NOT_ASKED_FOR = "not asked for, and not graded: "
# What a line of a student's may begin with that looks like a verdict or its code, or like a hint.
_LIKE_OURS = re.compile(r"[^\w\s!-~]+\s*\d|code\s*\d|hint\s*:", re.IGNORECASE)
# What a report of the official run says of points that are pending.
PENDING = (
    "pending points are neither earned nor lost: something of ours failed, and not your work. The staff has been told; "
    "these checks are judged when they are tried again"
)


def counted(count: int, noun: str) -> str:
    """So many of a thing, in words."""
    return f"{count} {noun}{'s' * (count != 1)}"


class Verdict(msgspec.Struct, frozen=True):
    """What one check found. ``code`` 0 is success; ``message`` holds all findings, the foremost first.

    ``blocked_by`` names the check that must pass before this one can be judged, if there is one: no points, but no
    failure either. ``pending`` are points that are neither earned nor lost, for the failure was our own. ``later`` says
    that it is the official run that judges this check: a student's own has it neither among what was earned nor among
    what could be.
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

    @classmethod
    def of(
        cls,
        check: str,
        title: str,
        code: int,
        max_points: float,
        message: str,
        *,
        hint: str | None = None,
        blocked_by: str | None = None,
    ) -> Verdict:
        """The verdict whose points follow from its code."""
        return cls(
            check=check,
            title=title,
            code=code,
            points=max_points if code == Code.SUCCESS and blocked_by is None else 0.0,
            max_points=max_points,
            message=message,
            hint=hint,
            blocked_by=blocked_by,
            pending=max_points if code in codes.FAULTS_OF_OURS and blocked_by is None else 0.0,
        )


class Stale(msgspec.Struct, frozen=True):
    """An output of a notebook that its code doesn't give: what cell number ``cell`` showed, and what it gives now.

    ``saved`` and ``now`` are a short text each, or "" for no output. It costs no points.
    """

    cell: int
    saved: str
    now: str


class ProblemReport(msgspec.Struct, frozen=True):
    """The verdicts on one problem of one submission; of a notebook, also what is ``stale`` in it."""

    problem: str
    code: int
    score: float
    max_score: float
    # With a default, for the stores of earlier engines hold reports without it.
    pending: float = 0.0
    checks: tuple[Verdict, ...] = ()
    stale: tuple[Stale, ...] = ()

    @classmethod
    def of(
        cls, problem: str, verdicts: tuple[Verdict, ...], course: Path | None = None, stale: Iterable[Stale] = ()
    ) -> ProblemReport:
        """The report that follows from verdicts; its code is the foremost of those that were judged.

        Here what a student's process said becomes what a student reads: safe to show, and without the grader's folders,
        the course's among them.
        """
        return cls(
            problem=problem,
            code=codes.most_severe(verdict.code for verdict in verdicts if verdict.blocked_by is None),
            score=sum(verdict.points for verdict in verdicts),
            max_score=sum(verdict.max_points for verdict in verdicts if not verdict.later),
            pending=sum(verdict.pending for verdict in verdicts),
            checks=tuple(
                msgspec.structs.replace(
                    verdict,
                    message=shown(neutral(verdict.message, course)),
                    title=line(verdict.title),
                    hint=None if verdict.hint is None else line(neutral(verdict.hint, course)),
                )
                for verdict in verdicts
            ),
            stale=tuple(
                Stale(each.cell, line(neutral(each.saved, course)), line(neutral(each.now, course))) for each in stale
            ),
        )

    @property
    def to_come(self) -> str:
        """The words after a score, where some points are judged later."""
        later = sum(verdict.max_points for verdict in self.checks if verdict.later)
        return f", {later:g} more judged later" if later else ""


class Report(msgspec.Struct, frozen=True):
    """All verdicts on one submission; ``notes`` are about its files, ``footer`` about the run."""

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
        """The report that follows from the problems'."""
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
    """The report as ``report.json`` holds it."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def scored(report: ProblemReport | Report, where: str = "") -> str:
    """The score in words, with the words that say where it was had: ``7 of 10 points in your own check, 2 pending``."""
    to_come = report.to_come if isinstance(report, ProblemReport) else ""
    return f"{report.score:g} of {report.max_score:g} points{where}{_pending(report.pending)}{to_come}"


def as_text(report: Report) -> str:
    """The report as ``report.txt`` holds it and a student reads it."""
    notes = [f"note: {note}" for note in report.notes]
    if report.pending:
        notes += _wrapped(f"note: {PENDING}", " " * 6)
    lines = [f"{report.student}: {scored(report)}", "", *notes, *[""] * bool(notes)]
    for problem in report.problems:
        lines += [*problem_lines(problem), ""]
    lines += [f"note: {note}" for note in report.footer]
    return "\n".join(lines) + "\n" * bool(report.footer)


def problem_lines(problem: ProblemReport) -> list[str]:
    """A problem's verdicts as lines of text: the title, and under a failed check what was found and the hint."""
    head = f"{problem.problem}  {problem.score:g}/{problem.max_score:g}{_pending(problem.pending)}{problem.to_come}"
    found = [_found(verdict) for verdict in problem.checks]
    # What is true of the whole file is said once, above all its checks.
    judged = [one for verdict, one in zip(problem.checks, found, strict=True) if not verdict.later]
    shared = judged[0] if judged[1:] and all(one == judged[0] for one in judged) else []
    lines = [head, "─" * len(head), *shared]
    for verdict, found_in_it in zip(problem.checks, found, strict=True):
        mark = mark_of(verdict)
        lines += _wrapped(f"{mark} {points_of(verdict)}  {verdict.check}: {verdict.title}", " " * 8)
        lines += [] if shared and not verdict.later else found_in_it
    for each in problem.stale:
        saved, now = each.saved or "nothing", each.now or "nothing"
        lines += _wrapped(f"note: cell {each.cell} shows {saved}, your code gives {now}", " " * 6)
    return lines


def _found(verdict: Verdict) -> list[str]:
    """What stands under a check: its code, what was found, and the hint."""
    lines = []
    if verdict.code != Code.SUCCESS and verdict.blocked_by is None:
        lines.append(f"        code {verdict.code}, {codes.MEANINGS[verdict.code].name}")
    for said in verdict.message.splitlines():
        inset = " " * (8 + len(said) - len(said.lstrip()))
        lines += map(_set_off, _wrapped(inset + said.lstrip(), inset + "  "))
    if verdict.hint:
        lines += _wrapped(f"        Hint: {verdict.hint}", " " * 14)
    return lines


def _set_off(found: str) -> str:
    """A line of what was found, behind a bar if it could be taken for one of ours: wrapped, it may begin anywhere."""
    text = found.lstrip()
    return f"{found[: len(found) - len(text)]}| {text}" if _LIKE_OURS.match(text) else found


def points_of(verdict: Verdict) -> str:
    """The points of a check: ``2/2``, ``0/2 pending``, or ``–/2`` of one that is judged later."""
    return (
        f"{'–' if verdict.later else f'{verdict.points:g}'}/{verdict.max_points:g}{' pending' * bool(verdict.pending)}"
    )


def _pending(points: float) -> str:
    return f", {points:g} pending" if points else ""


# What the signs before verdicts say, for who can't see them.
MARKS = {"✓": "passed", "✗": "failed", "–": "not judged", "·": "pending"}


def mark_of(verdict: Verdict) -> str:
    """The sign before a verdict: right, wrong, not judged yet or because of the student's code, or because of ours."""
    if verdict.blocked_by is not None or verdict.later:
        return "–"
    if verdict.code == Code.SUCCESS:
        return "✓"
    return "·" if verdict.code in codes.FAULTS_OF_OURS else "✗"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]
