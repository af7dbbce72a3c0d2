"""A problem's checks as a measured instrument: specimens, mutants, margins and false alarms, and what follows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from autograder import codes
from autograder.answers import observe_answers
from autograder.audit.alarms import Alarm, Bound, elsewhere, sound, wrong
from autograder.audit.crew import Crew
from autograder.audit.kills import Kill, Round, holes, idle, kill, listed
from autograder.audit.margins import Margin, margins, narrowed
from autograder.audit.mutants import mutants
from autograder.audit.specimens import audit
from autograder.audit.trials import farther, try_out
from autograder.grade import Observe
from autograder.probe import Check
from autograder.problem import PUBLIC_SEED, Implementation, Problem
from autograder.wire import Observation

# How many times slower than the middle one a check must be, to be tried only on what survives the others.
SLOW = 5.0
# Beside the hidden seed, so that what is caught by luck shows.
MUTANT_SEEDS = (PUBLIC_SEED, 1)


class Measured(msgspec.Struct, frozen=True):
    """What an audit found out about one problem.

    Attributes
    ----------
    problem : str
        Its id.
    checks : tuple of str
        Their names, in order.
    faults : tuple of str
        What does not hold, a sentence each; none when all is well.
    mutants : tuple of Kill
        What became of each.
    equivalent : dict of str to str
        Of the mutants that survive by right ("operator: before → after"), the reason.
    idle : tuple of str
        The checks that catch nothing which no other check catches; none where not every check was tried.
    margins : tuple of Margin
        Of each value that is compared.
    seeds : int
        How many seeds the right implementations ran on.
    alarms, bounds : tuple of Alarm, tuple of Bound
        What failed of these, and the statistical checks.
    """

    problem: str
    checks: tuple[str, ...]
    faults: tuple[str, ...]
    mutants: tuple[Kill, ...]
    equivalent: dict[str, str]
    idle: tuple[str, ...]
    margins: tuple[Margin, ...]
    seeds: int
    alarms: tuple[Alarm, ...]
    bounds: tuple[Bound, ...]

    @property
    def killed(self) -> int:
        """How many mutants are caught on every seed."""
        return sum(each.survived == 0 for each in self.mutants)

    @property
    def lucky(self) -> tuple[Kill, ...]:
        """The mutants that no check catches on every draw."""
        return tuple(each for each in self.mutants if each.is_lucky)

    @property
    def explained(self) -> tuple[int, int]:
        """Of how many mutants that get a value wrong a student reads a hint, and how many there are."""
        wrong_values = [each.explained for each in self.mutants if each.explained is not None]
        return sum(wrong_values), len(wrong_values)

    @property
    def narrow(self) -> tuple[Margin, ...]:
        """The margins that are not wide on both sides; float32, which is not what the probes draw, aside."""
        return tuple(each for each in self.margins if each.proposal and each.inputs == "float64")


@dataclass
class Remembering:
    """An ``observe`` that runs an implementation once on each seed, through all checks, and remembers."""

    observe: Observe
    seen: dict[tuple[str, tuple[bytes, ...], int], Sequence[Observation]] = field(default_factory=dict)

    def __call__(
        self, problem: Problem, implementation: Implementation, seed: int, checks: Sequence[Check] | None
    ) -> Sequence[Observation]:
        """As :class:`autograder.grade.Observe` says."""
        key = problem.id, tuple(implementation.files.values()), seed
        if key not in self.seen:
            self.seen[key] = self.observe(problem, implementation, seed, None)
        wanted = {check.name for check in checks or problem.checks}
        return [each for each in self.seen[key] if each.check in wanted]


def measure(
    observe: Observe, problem: Problem, crew: Crew, *, fast: bool, seeds: int, others: Mapping[str, Observe]
) -> Measured:
    """Audit a problem.

    Parameters
    ----------
    observe : callable
        ``Sandbox.observe``, or what asks several sandboxes; called from the crew's threads.
    fast : bool
        One seed for mutants instead of three, and the slow checks only for what the others leave alive.
    seeds : int
        On how many seeds what is right is run.
    others : mapping of str to callable
        Other surroundings to run what is right in, for the margins; by name.
    """
    equivalents = listed(problem)
    right = {"the reference": problem.reference} | _specimens(problem, "accept")
    rejects = _specimens(problem, "reject")
    specimens = Remembering(observe)
    crew.each(
        "specimens", lambda one: specimens(problem, one, problem.seed, None), [*right.values(), *rejects.values()]
    )
    first = Round(problem.seed, observe_answers(specimens, problem, problem.seed))
    faults = list(audit(specimens, problem, first.answers, problem.seed))
    caught = {name: try_out(specimens, problem, one, first.answers, problem.seed) for name, one in rejects.items()}

    rounds, stages = [first], _stages(observe, problem)
    if not fast:
        rounds += [Round(seed, observe_answers(observe, problem, seed)) for seed in MUTANT_SEEDS]
        stages = [problem.checks]
    made = mutants(problem.reference.files[problem.module_file].decode(), problem.module_file)
    tried = crew.each("mutants", lambda mutant: kill(observe, problem, mutant, rounds, stages), made)
    kills = tuple(each for each, _ in tried)
    faults += holes(problem, kills, equivalents)

    alarms = sound(observe, problem, range(seeds), crew)
    faults += wrong(alarms)
    catches = {name: {verdict.check: verdict.code for verdict in one.report.checks} for name, one in caught.items()}
    # What is caught for its kind of number is rounded, not wrong: how near it is says nothing of a tolerance.
    apart = [(name, one.distances) for name, one in caught.items() if codes.DTYPE not in catches[name].values()]
    apart += [
        (f"line {each.line}: {each.change}", distances)
        for each, distances in tried
        if each.survived == 0 and codes.DTYPE not in each.codes.values()
    ]
    spread = alarms.spread
    for name, other in others.items():
        there = elsewhere(observe, other, name, problem, right)
        faults += wrong(there)
        spread = farther(spread, there.spread)
    return Measured(
        problem=problem.id,
        checks=tuple(check.name for check in problem.checks),
        faults=tuple(faults),
        mutants=kills,
        equivalent={
            f"{each.operator}: {each.change}": equivalents[each.operator, each.change]
            for each in kills
            if each.survived and (each.operator, each.change) in equivalents
        },
        idle=() if fast else tuple(idle(problem, [*catches.values(), *(each.codes for each in kills)])),
        margins=tuple(margins(problem, spread, narrowed(observe, problem, right), apart)),
        seeds=alarms.seeds,
        alarms=alarms.alarms,
        bounds=alarms.bounds,
    )


def _specimens(problem: Problem, kind: str) -> dict[str, Implementation]:
    return {f"{kind}/{each.name}": problem.implementation(each.source) for each in problem.specimens(kind)}


def _stages(observe: Observe, problem: Problem) -> list[Sequence[Check]]:
    """The checks in two stages, those that are slow on the reference in the second; one stage where none is."""
    seconds = {}
    for check in problem.checks:
        began = time.perf_counter()
        observe(problem, problem.reference, problem.seed, [check])
        seconds[check.name] = time.perf_counter() - began
    limit = SLOW * statistics.median(seconds.values())
    quick = [check for check in problem.checks if seconds[check.name] <= limit]
    slow = [check for check in problem.checks if seconds[check.name] > limit]
    return [stage for stage in (quick, slow) if stage]
