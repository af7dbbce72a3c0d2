"""What changed between two runs of a class: who gained or lost what, and why."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.gradebook.store import Key, Store
from autograder.report import ProblemReport, Report, Verdict, scored


def differences(store: Store, before: int, after: int) -> Iterator[str]:
    """A line for each student and problem whose verdicts differ, and for each student that only one run has."""
    old = {report.student: (report, keys) for report, keys in store.reports(before)}
    for report, keys in store.reports(after):
        earlier = old.pop(report.student, None)
        if earlier is None:
            yield f"{report.student}: new, {scored(report)}"
        else:
            yield from _student(*earlier, report, keys)
    for report, _ in old.values():
        yield f"{report.student}: no longer there, had {scored(report)}"


def _student(old: Report, old_keys: tuple[Key, ...], new: Report, new_keys: tuple[Key, ...]) -> Iterator[str]:
    before = {problem.problem: (problem, key) for problem, key in zip(old.problems, old_keys, strict=True)}
    for problem, key in zip(new.problems, new_keys, strict=True):
        if problem.problem not in before:
            yield f"{new.student}: {problem.problem} is new, {scored(problem)}"
            continue
        earlier, earlier_key = before.pop(problem.problem)
        changes = list(_checks(earlier, problem))
        if changes:
            points = f"{_score(earlier)} → {_score(problem)} points ({problem.score - earlier.score:+g})"
            why = _why(earlier_key, key)
            yield f"{new.student}: {problem.problem} {points}, {why}: {'; '.join(changes)}"
    for problem, _ in before.values():
        yield f"{new.student}: {problem.problem} is gone, had {scored(problem)}"


def _why(old: Key, new: Key) -> str:
    """Why a result is another one."""
    if new.files != old.files:
        return "other files were handed in"
    return "the problem or the engine changed" if new.problem != old.problem else "it was tried again"


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
