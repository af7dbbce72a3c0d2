"""Variation of right answers: one that is the same whatever is drawn is handed out with the answers at home."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograder.authoring import Check
from autograder.compare import agree
from autograder.course.problem import Problem
from autograder.expected import Draws, Observe
from autograder.seed import Seed
from autograder.wire import Observation

# On how many more seeds a check is tried before its answer is said to be the same on all. One is nearly always enough;
# one of two answers, drawn once on each, is the same on all of these in one of 256 cases.
SEEDS = 8


def unvarying(observe: Observe, problem: Problem, right: Draws) -> Iterator[str]:
    """The checks that students make at home though their right answer is always the same, a sentence each.

    The reference's values are compared as a student's would be, within the check's tolerance. A check varies if one of
    its values does: what stays the same beside it (a bias of zeros, a shape) can't pass alone.

    Parameters
    ----------
    right : mapping
        What the reference gives on some seed.
    """
    seen = {check.name: [one for one in right.values() if one.check == check.name] for check in problem.checks}
    left = [check for check in problem.checks if check.at_home and not _varies(check, seen[check.name])]
    for number in range(SEEDS):
        if not left:
            return
        for one in observe(problem, problem.reference, Seed.numbered(number), left):
            seen[one.check].append(one)
        left = [check for check in left if not _varies(check, seen[check.name])]
    for check in left:
        yield (
            f"{problem.folder / 'checks.py'}: the right answer of `{check.name}` is the same whatever is drawn, and is "
            "handed out with the answers at home: let it depend on `rng`, or have it judged officially only, with "
            "@check(..., at_home=False)"
        )


def _varies(check: Check, seen: Sequence[Observation]) -> bool:
    """Tell whether two observations differ; of a reference that fails somewhere others have something to say."""
    if not seen or any(one.ending != "returned" for one in seen):
        return True
    return any(not _same(check, seen[0], one) for one in seen[1:])


def _same(check: Check, one: Observation, other: Observation) -> bool:
    if one.values.keys() != other.values.keys():
        return False
    for name, mine in one.values.items():
        theirs = other.values[name]
        if isinstance(mine, str) or isinstance(theirs, str):
            if not (isinstance(mine, str) and isinstance(theirs, str) and mine == theirs):
                return False
        elif mine.shape != theirs.shape or not agree(mine, theirs, check).all():
            return False
    return True
