"""The known mistake that a module has made: the one that gives the same arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograder.authoring import Check
from autograder.compare import agree
from autograder.expected import Answers, Mistake
from autograder.wire import Failure, Observation

# The largest difference of two long runs in float32 with the same mistake, relative to the largest entry.
NARROW = 1e-2


def hints(
    checks: Sequence[Check], failed: Sequence[str], seen: Sequence[Observation], answers: Answers
) -> Mapping[str, str]:
    """Find the hint for each failed check whose observations are those of a known mistake.

    Where several mistakes give the same arrays in a check, the one that explains the most failed checks is named.
    """
    matches: dict[str, list[Mistake]] = {}
    for check in checks:
        if check.name in failed:
            mine = [observation for observation in seen if observation.check == check.name]
            matches[check.name] = [mistake for mistake in answers.mistakes if _same(check, mine, mistake)]
    for check in checks:
        # A mistake in a needed check shows here, too, so another one that would look the same here is not named.
        needed = [matches[name] for name in check.needs if name in matches]
        if check.name in matches:
            matches[check.name] = [each for each in matches[check.name] if all(each in found for found in needed)]
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
    """Tell whether a mistake's observations are those seen in all checks that have some of it."""
    known = {check for check, _ in mistake.seen}
    return all(
        _same(check, [observation for observation in seen if observation.check == check.name], mistake)
        for check in checks
        if check.name in known
    )


def _same(check: Check, mine: Sequence[Observation], mistake: Mistake) -> bool:
    theirs = [mistake.seen.get((check.name, observation.draw)) for observation in mine]
    return bool(mine) and all(
        other is not None and _alike(check, one, other) for one, other in zip(mine, theirs, strict=True)
    )


def _alike(check: Check, one: Observation, other: Observation) -> bool:
    if one.ending != other.ending or bool(one.changed) != bool(other.changed):
        return False
    if one.ending != "returned":
        return _known(one) and _failed(one) == _failed(other)
    if one.values.keys() != other.values.keys():
        return False
    if _few_digits(one) and _few_digits(other):
        # Rounding errors of a long run grow, in each program differently.
        check = replace(check, rtol=max(check.rtol, NARROW), atol=max(check.atol, NARROW))
    for name, mine in one.values.items():
        theirs = other.values[name]
        if isinstance(mine, str) or isinstance(theirs, str):
            if not (isinstance(mine, str) and isinstance(theirs, str) and mine == theirs):
                return False
        elif mine.shape != theirs.shape or mine.dtype.kind != theirs.dtype.kind or not agree(mine, theirs, check).all():
            return False
    return True


def _few_digits(observation: Observation) -> bool:
    arrays = (value for value in observation.values.values() if not isinstance(value, str))
    return any(array.dtype.kind == "f" and array.dtype.itemsize < 8 for array in arrays)


def _failed(observation: Observation) -> tuple[str, str, tuple[str, ...]]:
    """The exception and its place, without the line's number, which differs in the page that students get."""
    failure = observation.failure or Failure("", "")
    where = (frame.text if observation.ending == "misfit" else frame.function for frame in failure.frames)
    return failure.kind, failure.message, tuple(where)


def _known(observation: Observation) -> bool:
    """Tell whether a mistake can be known by this end; an exception from deeper down has many causes."""
    failure = observation.failure
    shallow = failure is not None and len(failure.frames) == 1
    return observation.ending in ("returned", "misfit") or (observation.ending == "raised" and shallow)


def _telling(observation: Observation) -> bool:
    """Tell whether few other mistakes end like this: an exception must have sizes in its message."""
    message = observation.failure.message if observation.failure else ""
    return _known(observation) and (observation.ending != "raised" or bool(re.search(r"\d", message)))
