"""The one way from findings to a verdict, for modules and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from autograder.authoring import Finding
from autograder.codes import FAULTS_OF_OURS, PRECEDENCE, WITHOUT_RESULT, Code, most_severe
from autograder.report import Verdict

MAX_FINDINGS = 4  # shown in one message; the rest are counted
_NOT_WRONG = FAULTS_OF_OURS | {Code.SUCCESS}


class _Check(Protocol):
    """The fields of a check that a verdict depends on."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def points(self) -> float: ...
    @property
    def needs(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Found:
    """The evidence on one check.

    Attributes
    ----------
    findings : sequence of Finding
        Everything that is wrong, in any order; empty if the check passes.
    note : str
        The message of a check that passes.
    blocked_by : str or None
        A failed check without which this one earns nothing, even if it passes.
    """

    findings: Sequence[Finding] = ()
    hint: str | None = None
    note: str = ""
    blocked_by: str | None = None


def conclude(checks: Sequence[_Check], found: Mapping[str, Found]) -> tuple[Verdict, ...]:
    """Turn the evidence on checks into verdicts, in the order of the checks.

    - Without findings a check passes and has its points. Otherwise its code is the most severe one, and its message
      holds the findings, the most severe first, at most ``MAX_FINDINGS`` of them.
    - With a code of ours (3, 4, 5) its points are pending: neither earned nor lost. Nothing blocks it.
    - A failed check is blocked if it needs a check without a result (1, 2, 40, 50, 52), or one that is itself blocked.
      Its message is "not judged: fix `x` first", where `x` is the first check of the chain. A check whose evidence says
      ``blocked_by`` is blocked, too. It keeps its code, or gets that of `x` if it passes. Its points are pending if
      those of `x` are.
    - A failed check that needs one with a wrong result says so after its own findings.

    A needed check that is not among ``checks`` is taken to be right.
    """
    own = {check.name: most_severe(finding.code for finding in found[check.name].findings) for check in checks}
    first: dict[str, str] = {}  # by blocked check, the one to be fixed first
    verdicts = []
    for check in checks:
        code, evidence = own[check.name], found[check.name]
        wrong = [] if code in _NOT_WRONG else [name for name in check.needs if own.get(name, 0) not in _NOT_WRONG]
        blockers = [name for name in wrong if name in first or own[name] in WITHOUT_RESULT]
        if evidence.blocked_by and code not in FAULTS_OF_OURS:
            blockers = [evidence.blocked_by]
        if blockers:
            by = first[check.name] = first.get(blockers[0], blockers[0])
            ours = own[by] in FAULTS_OF_OURS
            message = f"not judged, because `{by}` could not be" if ours else f"not judged: fix `{by}` first"
            pending = check.points if ours else 0.0
            code = code or own[by]
            verdicts.append(Verdict(check.name, check.title, code, 0.0, check.points, message, None, by, pending))
            continue
        message = "\n".join(_messages(evidence.findings)) or evidence.note
        if wrong and (evidence.hint is None or evidence.hint != found[wrong[0]].hint):
            message += f"\nthis may come of `{wrong[0]}`, which is wrong too; fix that first"
        verdicts.append(_judged(check, code, message, evidence.hint))
    return tuple(verdicts)


def conclude_alike(checks: Sequence[_Check], code: Code, message: str) -> tuple[Verdict, ...]:
    """Make verdicts where nothing could be run: the same for every check."""
    return tuple(_judged(check, code, message) for check in checks)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings, the most severe first."""
    return sorted(findings, key=lambda finding: PRECEDENCE.index(finding.code))


def _judged(check: _Check, code: Code, message: str, hint: str | None = None) -> Verdict:
    earned = check.points if code == Code.SUCCESS else 0.0
    if code in FAULTS_OF_OURS:  # no hint, since nothing is known to be wrong with the student's code
        return Verdict(check.name, check.title, code, 0.0, check.points, message, None, pending=check.points)
    return Verdict(check.name, check.title, code, earned, check.points, message, hint)


def _messages(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of a message. If several findings in a row have the same next step, the last one shows it."""
    shown = [finding.message for finding in by_severity(findings)[:MAX_FINDINGS]]
    for message, after in zip_longest(shown, shown[1:], fillvalue=""):
        found, separator, step = message.rpartition("; ")
        yield found if separator and after.endswith(f"; {step}") else message
    if len(findings) > MAX_FINDINGS:
        yield f"and {len(findings) - MAX_FINDINGS} more"
