"""Parity: a student's own check gives the same code and hint as the official run, check by check."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

import msgspec

from autograder.authoring import Check
from autograder.codes import Code
from autograder.report import ProblemReport, Verdict

# Codes of a result that is not good enough, from checks that judge its quality.
FAILED = frozenset({Code.NOT_GOOD_ENOUGH, Code.BAD_ON_TRAINING, Code.BAD_ON_HELD_OUT})
BOUNDED = FAILED | {Code.SUCCESS}
GONE_ASTRAY = FAILED | {Code.DIVERGED, Code.RAISED}
NEAR_A_BOUND = "how good the result is lies close to what is asked for, on either side of it as the inputs are"
ASTRAY = (
    "it is wrong either way; whether what goes astray ends in an exception, infinite, or bad, hangs on where it starts"
)
NEAR_THE_TOLERANCE = "its values are off by little more than the tolerance, on some inputs, and by less on others"
OF_THESE_INPUTS = "the verdict is the same; what the wrong values have to do with the right ones hangs on the inputs"


class Difference(msgspec.Struct, frozen=True):
    """A check on which a student's own run and the official one differ.

    Attributes
    ----------
    implementation, check : str
        The names.
    official, home : str
        The result of each: the code, and the hint or the check that is waited for.
    reason : str
        The reason why the difference is right; empty where it is a fault.
    """

    implementation: str
    check: str
    official: str
    home: str
    reason: str = ""


def compared(
    implementation: str,
    official: ProblemReport,
    home: ProblemReport,
    checks: Iterable[Check],
    known: Container[str],
    near: Container[str] = (),
) -> Iterator[Difference]:
    """Yield the differences of two reports on one module, in checks that are in both; numbers in messages don't count.

    Parameters
    ----------
    checks : iterable of Check
        The problem's.
    known : container of str
        The hints that name a known mistake.
    near : container of str
        The checks in which the values of both are right up to rounding.
    """
    there = {verdict.check: verdict for verdict in home.checks}
    bounded = {check.name for check in checks if check.expect is not None}
    for verdict in official.checks:
        other = there.get(verdict.check)
        if other is not None and _said(verdict) != _said(other):
            reason = ""
            if verdict.check in bounded and {verdict.code, other.code} <= BOUNDED:
                reason = NEAR_A_BOUND
            elif verdict.check in bounded and {verdict.code, other.code} <= GONE_ASTRAY:
                reason = ASTRAY
            elif verdict.check in near and {verdict.code, other.code} == {Code.SUCCESS, Code.VALUES}:
                reason = NEAR_THE_TOLERANCE
            elif (verdict.code, verdict.blocked_by) == (other.code, other.blocked_by) and not (
                verdict.hint in known or other.hint in known
            ):
                reason = OF_THESE_INPUTS
            yield Difference(implementation, verdict.check, _said(verdict), _said(other), reason)


def differing(differences: Iterable[Difference]) -> Iterator[str]:
    """Write a sentence for each difference without a reason."""
    for each in differences:
        if not each.reason:
            yield (
                f"{each.implementation}: `{each.check}` says {each.official} in the official run, and {each.home} at "
                "home; what is said must not hang on the seed"
            )


def _said(verdict: Verdict) -> str:
    if verdict.blocked_by is not None:
        return f"{verdict.code}, waiting for `{verdict.blocked_by}`"
    return f"{verdict.code}, {f'“{verdict.hint}”' if verdict.hint else 'without a hint'}"
