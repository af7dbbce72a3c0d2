"""Why a check failed: a known mistake that gives the same, a relation to what is right, or what an exception means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.authoring import Check, Finding
from autograder.codes import Code
from autograder.expected import Answers, ByDraw
from autograder.hints import exceptions, relations
from autograder.hints.mistakes import hints
from autograder.hints.pair import Draw
from autograder.wire import Observation

# The findings that a relation explains.
_RELATED = frozenset({Code.SHAPE, Code.VALUES, Code.OFF_BY_ONE})


def diagnose(
    checks: Sequence[Check],
    findings: Mapping[str, Sequence[Finding]],
    seen: Sequence[Observation],
    answers: Answers,
    text: str,
) -> dict[str, str]:
    """The hint for each failed check that something is known about, by check.

    A known mistake says more than a relation, for it is in its author's words.

    Parameters
    ----------
    findings : mapping of str to sequence of Finding
        What was found, by check.
    text : str
        The student's module, for the names in it.
    """
    failed = [name for name, found in findings.items() if found]
    if not failed:
        return {}
    hinted = dict(hints(checks, failed, seen, answers))
    for check in checks:
        if findings[check.name] and check.name not in hinted:
            mine = [observation for observation in seen if observation.check == check.name]
            hint = _relation(check, findings[check.name], mine, answers.right) or _exception(mine, answers.right, text)
            if hint:
                hinted[check.name] = hint
    return hinted


def _relation(check: Check, findings: Sequence[Finding], mine: Sequence[Observation], right: ByDraw) -> str | None:
    """What the wrong values of a check have to do with the right ones."""
    named = dict.fromkeys(finding.value for finding in findings if finding.code in _RELATED and finding.value)
    # A wrong dtype explains what else is wrong; a fraction that was cut off is worth a word.
    of_wrong_dtype = dict.fromkeys(finding.value for finding in findings if finding.code == Code.DTYPE)
    if not (named or of_wrong_dtype) or not mine or any(observation.ending != "returned" for observation in mine):
        return None
    draws = []
    for observation in mine:
        answer = right[check.name, observation.draw]
        found = {name: observation.values.get(name) for name in answer.values}
        if any(value is None or isinstance(value, str) for value in found.values()):
            return None
        draws.append(Draw(found, answer.values, answer.scales))  # type: ignore[arg-type]  # all are arrays
    if of_wrong_dtype:
        return relations.cut_off(check, draws, list(of_wrong_dtype))
    return relations.explain(check, draws, list(named))


def _exception(mine: Sequence[Observation], right: ByDraw, text: str) -> str | None:
    """What the exception that ended a check usually means."""
    for observation in mine:
        if observation.failure and observation.ending in ("raised", "misfit"):
            answer = right.get((observation.check, observation.draw))
            scales = answer.scales if answer else {}
            return exceptions.explain(
                observation.failure, misfit=observation.ending == "misfit", text=text, scales=scales
            )
    return None
