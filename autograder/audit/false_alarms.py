"""False alarms: right implementations that fail on some seed, and statistical checks with more failures than stated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from scipy.stats import binom  # type: ignore[import-untyped]

from autograder.audit.checkpoint import Checkpoint
from autograder.audit.parallel import Parallel
from autograder.audit.trials import Spread, distances, farthest
from autograder.authoring import Check
from autograder.course.problem import Implementation, Problem
from autograder.expected import Draws, Observe, by_draw
from autograder.gradebook.dependencies import of_problem
from autograder.grading import judge
from autograder.seed import Seed
from autograder.wire import Observation

# A stated rate is too small to be observed. The predicate is asked for this one instead, and its failures are counted.
LOOSENED = 0.05
# A count less probable than this refutes the rate.
REFUTED_BELOW = 1e-6


class Alarm(msgspec.Struct, frozen=True):
    """A check that failed something right: the number of seeds, and its message on the first."""

    implementation: str
    check: str
    failures: int
    seed: str
    message: str


class Bound(msgspec.Struct, frozen=True):
    """A statistical check's false-alarm rate: as stated, and the number of failures when asked for ``LOOSENED``."""

    check: str
    stated: float
    asked: float
    runs: int
    failures: int

    @property
    def is_refuted(self) -> bool:
        """Tell whether it fails more often than it was asked to, beyond chance."""
        return bool(binom.sf(self.failures - 1, self.runs, self.asked) < REFUTED_BELOW)


@dataclass(frozen=True)
class Alarms:
    """The results of the right implementations on many seeds.

    Attributes
    ----------
    seeds : int
        The number of seeds.
    alarms : tuple of Alarm
        The checks that failed.
    bounds : tuple of Bound
        The rates of the statistical checks.
    spread : mapping
        By check and value, the largest distance of a right value from the reference's, and the implementation's name.
    """

    seeds: int
    alarms: tuple[Alarm, ...]
    bounds: tuple[Bound, ...]
    spread: Spread


class _Seed(msgspec.Struct, frozen=True):
    failed: list[tuple[str, str, str]]
    loosened: list[str]
    spread: list[tuple[str, list[tuple[str, str, float, float]]]]


def sound(
    observe: Observe, problem: Problem, seeds: Sequence[int], parallel: Parallel, kept: Path | None = None
) -> Alarms:
    """Run the reference and every accept specimen on each seed.

    Parameters
    ----------
    kept : path, optional
        A folder for the results of each seed; existing ones, of the same problem and engine, are not computed again.
    """
    right = {
        f"accept/{specimen.name}": problem.implementation(specimen.source) for specimen in problem.specimens("accept")
    }

    def one(number: int) -> _Seed:
        return _seed(observe, problem, right, Seed.numbered(number))

    if kept is not None:
        checkpoint = Checkpoint(kept / f"{problem.name}-{of_problem(problem, Seed.numbered(0))[:16]}", _Seed)
        found = parallel.each("seeds", lambda seed: checkpoint.once(str(seed), lambda: one(seed)), seeds)
    else:
        found = parallel.each("seeds", one, seeds)
    failed: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for number, each in zip(seeds, found, strict=True):
        for name, check, message in each.failed:
            failed.setdefault((name, check), []).append((str(Seed.numbered(number)), message))
    alarms = tuple(Alarm(name, check, len(each), *each[0]) for (name, check), each in failed.items())
    bounds = tuple(
        Bound(check.name, check.false_alarm, LOOSENED, len(seeds), sum(check.name in each.loosened for each in found))
        for check in problem.checks
        if check.false_alarm
    )
    spread = (
        (name, {(check, value): (own, narrow) for check, value, own, narrow in far})
        for each in found
        for name, far in each.spread
    )
    return Alarms(len(seeds), alarms, bounds, farthest(spread))


def _seed(observe: Observe, problem: Problem, right: Mapping[str, Implementation], seed: Seed) -> _Seed:
    reference = observe(problem, problem.reference, seed, None)
    answers = by_draw(reference)
    failed = []
    spread = []
    for name, implementation in (("the reference", None), *right.items()):
        seen = observe(problem, implementation, seed, None) if implementation else reference
        failed += [(name, *each) for each in _failed(problem, problem.checks, seen, answers, seed).items()]
        spread.append((name, [(*key, *far) for key, far in distances(problem, seen, answers).items()]))
    loose = [replace(check, false_alarm=LOOSENED) for check in problem.checks if check.false_alarm]
    return _Seed(failed, [*_failed(problem, loose, reference, answers, seed)], spread)


def _failed(
    problem: Problem, checks: Sequence[Check], seen: Sequence[Observation], answers: Draws, seed: Seed
) -> dict[str, str]:
    failed = {}
    for check in checks:
        mine = [each for each in seen if each.check == check.name]
        if findings := judge(problem, check, mine, answers, seed):
            failed[check.name] = f"{findings[0].code}, {findings[0].message}"
    return failed


def elsewhere(
    here: Observe, there: Observe, name: str, problem: Problem, right: Mapping[str, Implementation]
) -> Alarms:
    """Run right implementations in other surroundings than the reference: another NumPy, other threads."""
    answers = by_draw(here(problem, problem.reference, problem.seed, None))
    alarms, spread = [], []
    for each, implementation in right.items():
        seen = there(problem, implementation, problem.seed, None)
        label = f"{each}, {name},"
        failed = _failed(problem, problem.checks, seen, answers, problem.seed)
        alarms += [Alarm(label, check, 1, str(problem.seed), said) for check, said in failed.items()]
        spread.append((label, distances(problem, seen, answers)))
    return Alarms(1, tuple(alarms), (), farthest(spread))


def wrong(alarms: Alarms) -> Iterable[str]:
    """List the faults, a sentence each."""
    for alarm in alarms.alarms:
        yield (
            f"{alarm.implementation} fails `{alarm.check}` on {alarm.failures} of {alarms.seeds} seeds, "
            f"first on {alarm.seed}: {alarm.message}"
        )
    for bound in alarms.bounds:
        if bound.is_refuted:
            yield (
                f"`{bound.check}` states a false-alarm rate of {bound.stated:g}; asked for {bound.asked:g} it failed "
                f"the reference on {bound.failures} of {bound.runs} seeds: compute its bounds again"
            )
