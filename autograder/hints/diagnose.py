"""The choice of a hint for each failed check: a known mistake, a relation, or the meaning of an exception."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autograder.authoring import Check, Finding
from autograder.codes import Code
from autograder.compare import agree
from autograder.expected import Answers, Draws, Mistake
from autograder.hints import exceptions, relations
from autograder.wire import Array, Failure, Observation

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
    hinted = known_mistakes(checks, [check.name for check in failed], seen, answers) if failed else {}
    for check in failed:
        mine = _of(check, seen)
        if check.name not in hinted and (
            hint := _relation(check, findings[check.name], mine, answers.reference)
            or _exception(mine, answers.reference, text)
        ):
            hinted[check.name] = hint
    return hinted


def known_mistakes(
    checks: Sequence[Check], failed: Sequence[str], seen: Sequence[Observation], answers: Answers
) -> dict[str, str]:
    """Find the hint for each failed check whose observations are those of a known mistake.

    Where several mistakes give the same arrays in a check, the one that explains the most failed checks is named.
    """
    matches: dict[str, list[Mistake]] = {}
    for check in checks:
        if check.name in failed:
            # A mistake in a needed check shows here, too, so another one that would look the same here is not named.
            needed = [matches[name] for name in check.needs if name in matches]
            matches[check.name] = [
                mistake
                for mistake in answers.mistakes
                if all(mistake in found for found in needed) and _same(check, seen, mistake)
            ]
    # By mistake: the checks that it fails, those where it is unlike other mistakes, and the number that it explains.
    run = {check.name for check in checks}
    fails = {each.name: run & {check for check, _ in each.seen} for each in answers.mistakes}
    shows = {each.name: run & {one.check for one in each.seen.values() if _telling(one)} for each in answers.mistakes}
    made = {each.name: sum(each in found for found in matches.values()) for each in answers.mistakes}
    explains = {name: made[name] - len(fails[name] - matches.keys()) for name in made}
    told = {}
    for name, found in matches.items():
        # A mistake must agree in most of the checks where it shows, or it is another one. Where it looks like many
        # others, it must explain every failure and nothing more.
        likely = [
            each
            for each in found
            if (2 * made[each.name] >= len(shows[each.name]) and name in shows[each.name])
            or made[each.name] == len(fails[each.name]) == len(matches)
        ]
        if likely:
            told[name] = max(likely, key=lambda mistake: explains[mistake.name]).hint
    return told


def borne_out(checks: Sequence[Check], seen: Sequence[Observation], mistake: Mistake) -> bool:
    """Tell whether a mistake gives what was seen, in each check where its observations are known."""
    known = {check for check, _ in mistake.seen}
    return all(_same(check, seen, mistake) for check in checks if check.name in known)


def _of(check: Check, seen: Sequence[Observation]) -> list[Observation]:
    return [observation for observation in seen if observation.check == check.name]


def _same(check: Check, seen: Sequence[Observation], mistake: Mistake) -> bool:
    pairs = [(one, mistake.seen.get((check.name, one.draw))) for one in _of(check, seen)]
    return bool(pairs) and all(other is not None and _alike(check, one, other) for one, other in pairs)


def _alike(check: Check, one: Observation, other: Observation) -> bool:
    if one.ending != other.ending or bool(one.changed) != bool(other.changed):
        return False
    if one.ending != "returned":
        return _known(one) and _failed(one) == _failed(other)
    return one.values.keys() == other.values.keys() and all(
        _equal(check, value, other.values[name]) for name, value in one.values.items()
    )


def _equal(check: Check, one: Array | str, other: Array | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    return (one.shape, one.dtype.kind) == (other.shape, other.dtype.kind) and bool(agree(one, other, check).all())


def _failed(observation: Observation) -> tuple[str, str, tuple[str, ...]]:
    """The exception and its place. The line number is left out: it differs in the page that students get."""
    failure = observation.failure or Failure("", "")
    where = (frame.text if observation.ending == "misfit" else frame.function for frame in failure.frames)
    return failure.kind, failure.message, tuple(where)


def _known(observation: Observation) -> bool:
    """Tell whether such an end can identify a mistake; an exception from deeper code has many causes."""
    failure = observation.failure
    shallow = failure is not None and len(failure.frames) == 1
    return observation.ending in ("returned", "misfit") or (observation.ending == "raised" and shallow)


def _telling(observation: Observation) -> bool:
    """Tell whether few mistakes end like this: an exception must have sizes in its message."""
    message = observation.failure.message if observation.failure else ""
    return _known(observation) and (observation.ending != "raised" or bool(re.search(r"\d", message)))


def _relation(check: Check, findings: Sequence[Finding], mine: Sequence[Observation], right: Draws) -> str | None:
    named = list(dict.fromkeys(finding.value for finding in findings if finding.code in _RELATED and finding.value))
    # A wrong dtype explains what else is wrong.
    mistyped = any(finding.code == Code.DTYPE for finding in findings)
    if not named or mistyped or any(observation.ending != "returned" for observation in mine):
        return None
    draws = []
    for observation in mine:
        answer = right[check.name, observation.draw]
        found = {name: observation.values.get(name) for name in answer.values}
        if any(value is None or isinstance(value, str) for value in found.values()):
            return None
        draws.append(relations.Draw(found, answer.values, answer.scales))  # type: ignore[arg-type]  # all are arrays
    return relations.explain(check, draws, named)


def _exception(mine: Sequence[Observation], right: Draws, text: str) -> str | None:
    for observation in mine:
        if observation.failure and observation.ending in ("raised", "misfit"):
            answer = right.get((observation.check, observation.draw))
            scales = answer.scales if answer else {}
            misfit = observation.ending == "misfit"
            return exceptions.explain(observation.failure, misfit=misfit, text=text, scales=scales)
    return None
