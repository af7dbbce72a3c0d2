"""The choice of a hint for each failed check: a known mistake, a slip, a relation, or the meaning of an exception."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import CodeType, FunctionType

import numpy as np

from autograder.authoring import Check, Finding
from autograder.codes import Code
from autograder.compare import agree
from autograder.expected import Answers, Draws, Mistake
from autograder.hints import exceptions, relations, source
from autograder.wire import Array, Failure, Observation

_RELATED = frozenset({Code.SHAPE, Code.VALUES, Code.OFF_BY_ONE, Code.DIVERGED})  # what a relation can explain

RANDOM = (
    "Two runs of yours on the same inputs give different values: something is drawn at random. The result is to depend "
    "on the arguments alone."
)

Findings = Mapping[str, Sequence[Finding]]


def diagnose(
    checks: Sequence[Check],
    findings: Findings,
    seen: Sequence[Observation],
    answers: Answers,
    text: str,
    run: Callable[[Sequence[Check]], Sequence[Observation]],
) -> dict[str, str]:
    """Find a hint for each failed check, by check; none where nothing is known.

    A known mistake comes first, since its hint is in its author's words.

    Parameters
    ----------
    findings : mapping of str to sequence of Finding
        By check.
    text : str
        The student's module, for the names in it.
    run : callable
        Observes checks again, each as often as it is listed, in one process if none dies.
    """
    failed = {check.name for check in checks if findings[check.name]}
    if not failed:
        return {}
    defined = source.defined(text)
    called = {check.name: calls(check, defined) for check in checks}
    hinted = known_mistakes(checks, failed, seen, answers, called)
    unknown = [check for check in checks if check.name in failed - hinted.keys()]
    rooted = {check.name for check in checks if failed.isdisjoint(_needed(check, checks))}
    if "random" in text:
        hinted |= dict.fromkeys(_random(run, [check for check in unknown if check.name in rooted], seen), RANDOM)
    related: dict[str, str] = {}
    for functions in {called[check.name] for check in unknown}:
        group = [check for check in checks if called[check.name] == functions]
        related |= _relations(group, findings, seen, answers.reference, rooted)
    passing, failing = (
        {name for check in checks if (check.name in failed) == is_failed for name in called[check.name]}
        for is_failed in (False, True)
    )
    for check in unknown:
        mine = _of(check, seen)
        if check.name not in hinted and (
            hint := _read_in_source(mine, called[check.name] if check.name in rooted else (), text)
            or related.get(check.name)
            or _exception(mine, answers.reference, text, passing - failing)
        ):
            hinted[check.name] = hint
    return hinted


def calls(check: Check, defined: AbstractSet[str]) -> frozenset[str]:
    """Find which of a module's functions and classes a check calls, by their names in the check page."""
    names: set[str] = set()
    functions = [check.probe]
    for function in functions:
        codes = [function.__code__]
        for code in codes:
            codes += [each for each in code.co_consts if isinstance(each, CodeType)]
            names |= {*code.co_names}
        known = map(function.__globals__.get, sorted(names))
        functions += [each for each in known if isinstance(each, FunctionType) and each not in functions]
    return frozenset(names & defined)


def _needed(check: Check, checks: Sequence[Check]) -> set[str]:
    """Find the checks that a check needs, and those that these need."""
    by_name = {each.name: each for each in checks}
    needed = [*check.needs]
    for name in needed:
        needed += [other for other in (by_name[name].needs if name in by_name else ()) if other not in needed]
    return {*needed}


def known_mistakes(
    checks: Sequence[Check],
    failed: AbstractSet[str],
    seen: Sequence[Observation],
    answers: Answers,
    called: Mapping[str, frozenset[str]],
) -> dict[str, str]:
    """Find the hint for each failed check whose observations are those of a known mistake.

    A mistake is known if the student fails every check that it fails, with its values. They may differ only where other
    functions are called, too, and a check fails that is needed there. And no check of the same functions may fail
    without a reason: it would be one mistake that looks like another in some checks.
    """
    needed = {check.name: _needed(check, checks) for check in checks}
    broken = {check for check in needed if needed[check] & failed}
    likely: dict[str, set[str]] = {}  # by a mistake's hint, the checks that it explains
    for mistake in answers.mistakes:
        fails = needed.keys() & {check for check, _ in mistake.seen}
        same = {check.name for check in checks if check.name in fails and _same(check, seen, mistake)}
        # By the functions that are called: those of the checks where all is as with the mistake.
        whole = {called[check] for check in same} - {called[check] for check in fails - same}
        # Where another mistake may show, too, it is not known.
        explained = {check for check in same if called[check] in whole and not needed[check] & failed - same}
        ends = {one.ending for one in mistake.seen.values() if one.check in explained}
        # Many mistakes crash alike, and many return what can't be used.
        tells = "returned" in ends or ("misfit" in ends and explained == failed)
        if tells and fails <= failed and fails - explained <= broken:
            likely[mistake.hint] = explained
    left = failed - {check for same in likely.values() for check in same}
    left -= {check for check in left if needed[check] & left}
    told: dict[str, str] = {}
    for hint, same in sorted(likely.items(), key=lambda item: -len(item[1])):
        # The mistake that explains the most comes first.
        if {called[check] for check in same}.isdisjoint(called[check] for check in left):
            told = dict.fromkeys(same, hint) | told
    return told


def borne_out(checks: Sequence[Check], seen: Sequence[Observation], mistake: Mistake) -> bool:
    """Tell whether a mistake gives what was seen, in each check of its own that needs none of its own."""
    known = {check for check, _ in mistake.seen}
    own = [check for check in checks if check.name in known and known.isdisjoint(check.needs)]
    return all(_same(check, seen, mistake) for check in own)


def recognized(checks: Sequence[Check], seen: Sequence[Observation], answers: Answers) -> Mistake | None:
    """Find the one known mistake that gives what was seen, on every draw of every check that it fails.

    Of several it is the one that fails most checks, then the one that is worth most.
    """
    known = []
    for mistake in answers.mistakes:
        draws = Counter(check for check, _ in mistake.seen)
        touched = [check for check in checks if check.name in draws]
        if touched and all(
            len(_of(check, seen)) == draws[check.name] and _same(check, seen, mistake) for check in touched
        ):
            known.append((len(touched), sum(mistake.credit.values()), mistake))
    return max(known, key=lambda one: one[:2])[2] if known else None


def _of(check: Check, seen: Sequence[Observation]) -> list[Observation]:
    return [observation for observation in seen if observation.check == check.name]


def _same(check: Check, seen: Sequence[Observation], mistake: Mistake) -> bool:
    pairs = [(one, mistake.seen.get((check.name, one.draw))) for one in _of(check, seen)]
    return bool(pairs) and all(other is not None and _alike(check, one, other) for one, other in pairs)


def _alike(check: Check, one: Observation, other: Observation) -> bool:
    if one.ending != other.ending or bool(one.changed) != bool(other.changed):
        return False
    if one.ending != "returned":
        return _failed(one) == _failed(other)
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


def _random(
    run: Callable[[Sequence[Check]], Sequence[Observation]], checks: Sequence[Check], seen: Sequence[Observation]
) -> set[str]:
    """Find the checks of compared values that give other values when they run again."""
    compared = [
        check for check in checks if not check.expect and all(one.ending == "returned" for one in _of(check, seen))
    ]
    # Twice in one process: two processes may begin with the same state of a generator.
    again = run([*compared, *compared]) if compared else ()
    return {
        check.name
        for check in compared
        for one in _of(check, again)
        for other in _of(check, again)
        if one.draw == other.draw and one.ending == other.ending == "returned" and not _alike(check, one, other)
    }


def _read_in_source(mine: Sequence[Observation], functions: Collection[str], text: str) -> str | None:
    frames = next((one.failure.frames for one in mine if one.failure and one.ending == "missing"), ())
    return source.unreached(text, frames) or source.reordered(text, functions)


def _relations(
    group: Sequence[Check], findings: Findings, seen: Sequence[Observation], right: Draws, rooted: Collection[str]
) -> dict[str, str]:
    """Relate the values of checks that call the same functions, if those of the roots are all arrays."""
    draws = []
    for check in group:
        judged = {finding.value for finding in findings[check.name] if finding.code in _RELATED}
        mine = [(one, answer) for one in _of(check, seen) if (answer := right.get((check.name, one.draw)))]
        is_whole = all(
            one.ending == "returned" and isinstance(one.values.get(name), np.ndarray)
            for one, answer in mine
            for name in answer.values
        )
        if not is_whole and check.name in rooted:
            return {}
        # A wrong dtype explains what else is wrong.
        if not is_whole or any(finding.code == Code.DTYPE for finding in findings[check.name]):
            continue
        for one, answer in mine:
            wrong = {name for name, value in answer.values.items() if not _equal(check, one.values[name], value)}
            # What a predicate takes for right may differ.
            wrong &= judged if check.expect or not judged else wrong
            draws.append(relations.Draw(check, one.values, answer.values, wrong, answer.scales, check.name in rooted))  # type: ignore[arg-type]  # all are arrays
    return relations.explain(draws) if draws else {}


def _exception(mine: Sequence[Observation], answers: Draws, text: str, right: Collection[str]) -> str | None:
    for observation in mine:
        if observation.failure and observation.ending in ("raised", "misfit"):
            answer = answers.get((observation.check, observation.draw))
            scales = answer.scales if answer else {}
            misfit = observation.ending == "misfit"
            return exceptions.explain(observation.failure, misfit=misfit, text=text, scales=scales, right=right)
    return None
