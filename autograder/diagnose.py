"""Which known mistake a failed check shows: the one that gives the same wrong arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.answers import Answers, Mistake
from autograder.compare import agree
from autograder.probe import Check
from autograder.wire import Failure, Observation


def hints(
    checks: Sequence[Check], failed: Sequence[str], seen: Sequence[Observation], answers: Answers
) -> Mapping[str, str]:
    """The hint for each failed check whose observations are those of a known mistake.

    Where several mistakes give the same arrays in a check, the one that explains the most failed checks is named.
    """
    matches: dict[str, list[Mistake]] = {}
    for check in checks:
        if check.name in failed:
            mine = [observation for observation in seen if observation.check == check.name]
            matches[check.name] = [mistake for mistake in answers.mistakes if _same(check, mine, mistake)]
    explains = {
        mistake.name: sum(mistake in found for found in matches.values())
        - len({check for check, _ in mistake.seen} - matches.keys())
        for mistake in answers.mistakes
    }
    return {
        name: max(found, key=lambda mistake: explains[mistake.name]).hint for name, found in matches.items() if found
    }


def _same(check: Check, mine: Sequence[Observation], mistake: Mistake) -> bool:
    """Whether a mistake gives what was seen, in every draw."""
    theirs = [mistake.seen.get((check.name, observation.draw)) for observation in mine]
    return bool(mine) and all(
        other is not None and _alike(check, one, other) for one, other in zip(mine, theirs, strict=True)
    )


def _alike(check: Check, one: Observation, other: Observation) -> bool:
    if one.ending == other.ending == "misfit":
        return _what_did_not_fit(one) == _what_did_not_fit(other)
    if one.ending != "returned" or other.ending != "returned":
        return False
    if one.values.keys() != other.values.keys() or bool(one.changed) != bool(other.changed):
        return False
    for name, mine in one.values.items():
        theirs = other.values[name]
        if isinstance(mine, str) or isinstance(theirs, str):
            if not (isinstance(mine, str) and isinstance(theirs, str) and mine == theirs):
                return False
        elif mine.shape != theirs.shape or mine.dtype.kind != theirs.dtype.kind or not agree(mine, theirs, check).all():
            return False
    return True


def _what_did_not_fit(observation: Observation) -> tuple[str, str, tuple[str, ...]]:
    """The exception and the probe's line; not the line's number, which is another in the page that students get."""
    failure = observation.failure or Failure("", "")
    return failure.kind, failure.message, tuple(frame.text for frame in failure.frames)
