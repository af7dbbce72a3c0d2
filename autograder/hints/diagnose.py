"""The choice of a hint for each failed check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.authoring import Check, Finding
from autograder.codes import Code
from autograder.expected import Answers, Draws
from autograder.hints import exceptions, mistakes, relations
from autograder.wire import Observation

_RELATED = frozenset({Code.SHAPE, Code.VALUES, Code.OFF_BY_ONE})  # what a relation can explain


def diagnose(
    checks: Sequence[Check],
    findings: Mapping[str, Sequence[Finding]],
    seen: Sequence[Observation],
    answers: Answers,
    text: str,
) -> dict[str, str]:
    """Find a hint for each failed check, by check; none where nothing is known.

    A known mistake comes first, since its hint is in its author's words.

    Parameters
    ----------
    findings : mapping of str to sequence of Finding
        By check.
    text : str
        The student's module, for the names in it.
    """
    failed = [check for check in checks if findings[check.name]]
    if not failed:
        return {}
    hinted = dict(mistakes.hints(checks, [check.name for check in failed], seen, answers))
    for check in failed:
        mine = [observation for observation in seen if observation.check == check.name]
        if check.name not in hinted and (
            hint := _relation(check, findings[check.name], mine, answers.reference)
            or _exception(mine, answers.reference, text)
        ):
            hinted[check.name] = hint
    return hinted


def _relation(check: Check, findings: Sequence[Finding], mine: Sequence[Observation], right: Draws) -> str | None:
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
        draws.append(relations.Draw(found, answer.values, answer.scales))  # type: ignore[arg-type]  # all are arrays
    if of_wrong_dtype:
        return relations.cut_off(check, draws, list(of_wrong_dtype))
    return relations.explain(check, draws, list(named))


def _exception(mine: Sequence[Observation], right: Draws, text: str) -> str | None:
    for observation in mine:
        if observation.failure and observation.ending in ("raised", "misfit"):
            answer = right.get((observation.check, observation.draw))
            scales = answer.scales if answer else {}
            misfit = observation.ending == "misfit"
            return exceptions.explain(observation.failure, misfit=misfit, text=text, scales=scales)
    return None
