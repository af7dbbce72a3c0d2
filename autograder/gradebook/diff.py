"""What changed between two runs of a class: who gained or lost what, and why."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.gradebook.store import Key, Store
from autograder.report import ProblemReport, Report


def differences(store: Store, before: int, after: int) -> Iterator[str]:
    """A line for each student and problem whose verdicts differ, and for each student that only one run has."""
    old = {report.student: (report, keys) for report, keys in store.reports(before)}
    for report, keys in store.reports(after):
        earlier = old.pop(report.student, None)
        if earlier is None:
            yield f"{report.student}: new, {report.score:g} of {report.max_score:g}"
        else:
            yield from _student(*earlier, report, keys)
    for report, _ in old.values():
        yield f"{report.student}: no longer there, had {report.score:g} of {report.max_score:g}"


def _student(old: Report, old_keys: tuple[Key, ...], new: Report, new_keys: tuple[Key, ...]) -> Iterator[str]:
    before = {problem.problem: (problem, key) for problem, key in zip(old.problems, old_keys, strict=True)}
    for problem, key in zip(new.problems, new_keys, strict=True):
        if problem.problem not in before:
            yield f"{new.student}: {problem.problem} is new, {problem.score:g} of {problem.max_score:g}"
            continue
        earlier, earlier_key = before.pop(problem.problem)
        changes = list(_checks(earlier, problem))
        if changes:
            whose = (
                "other files were handed in" if key.files != earlier_key.files else "the problem or the engine changed"
            )
            points = f"{earlier.score:g} → {problem.score:g} points ({problem.score - earlier.score:+g})"
            yield f"{new.student}: {problem.problem} {points}, {whose}: {'; '.join(changes)}"
    for problem, _ in before.values():
        yield f"{new.student}: {problem.problem} is gone, had {problem.score:g} of {problem.max_score:g}"


def _checks(old: ProblemReport, new: ProblemReport) -> Iterator[str]:
    """The checks whose code or points differ."""
    before = {verdict.check: verdict for verdict in old.checks}
    for verdict in new.checks:
        earlier = before.pop(verdict.check, None)
        if earlier is None:
            yield f"`{verdict.check}` is new, code {verdict.code}"
        elif (earlier.code, earlier.points) != (verdict.code, verdict.points):
            code = f"code {verdict.code} as before"
            if earlier.code != verdict.code:
                code = f"code {earlier.code} → {verdict.code}"
            points = f", {earlier.points:g} → {verdict.points:g} points" if earlier.points != verdict.points else ""
            yield f"`{verdict.check}` {code}{points}"
    for name in before:
        yield f"`{name}` is gone"
