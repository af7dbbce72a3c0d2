"""A problem's checks, measured: specimens, mutants, margins and false alarms, and the faults that follow."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from autograder.audit.behaviour import OPERATORS
from autograder.audit.false_alarms import Alarm, Bound, elsewhere, sound, wrong
from autograder.audit.kills import Kill, Listed, holes, idle, kill, listed
from autograder.audit.leaks import Secrets
from autograder.audit.luck import Outcome, luck, outcomes, processes
from autograder.audit.margins import Margin, margins, narrowed
from autograder.audit.mutants import mutants
from autograder.audit.parallel import Parallel, Progress
from autograder.audit.parity import Difference, compared, differing
from autograder.audit.specimens import audit
from autograder.audit.trials import Round, Trial, farther, try_out
from autograder.authoring import Check
from autograder.codes import Code
from autograder.course.assignments import read_assignment
from autograder.course.problem import Implementation, Problem, Specimen
from autograder.expected import ANSWERS_FILE, Observe, from_file, observe_answers
from autograder.gradebook.executors import sandboxes
from autograder.release.starter import starter
from autograder.sandbox.observe import Sandbox
from autograder.seed import Seed
from autograder.wire import Observation

# A check this many times slower than the median is tried only on mutants that survive the others.
SLOW = 5.0
# A seed beside the official and the public one, to reveal mutants that are caught by luck.
ANOTHER_SEED = Seed.numbered(1)
# In a fast audit one mutant in so many is tried at home, too.
AT_HOME_TOO = 6
# Seeds of a behavioural mutant in a fast audit.
FAST_SEEDS = 2
# The least share of the mutants with a wrong value that must have a true hint.
LEAST_EXPLAINED = 0.6


class Measured(msgspec.Struct, frozen=True):
    """The findings of an audit of one problem.

    Attributes
    ----------
    problem : str
        Its id.
    checks : tuple of str
        Their names, in order.
    faults : tuple of str
        The faults, a sentence each; none when all is well.
    mutants : tuple of Kill
        The outcome of each mutant.
    equivalent : dict of str to str
        The reasons of the equivalent mutants, by "operator: before → after".
    idle : tuple of str
        The checks that catch nothing which no other check catches; none where not every check was tried.
    margins : tuple of Margin
        The margins of each compared value.
    seeds : int
        The number of seeds that the right implementations ran on.
    alarms, bounds : tuple of Alarm, tuple of Bound
        The checks that failed these, and the rates of the statistical checks.
    known : tuple of str
        The reject specimens that are diagnosed as themselves.
    rejects : int
        The number of reject specimens.
    behaviour : tuple of Outcome
        The outcome of each behavioural mutant.
    at_home : tuple of Difference
        Differences between a student's own check and the official run, on specimens and mutants.
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
    known: tuple[str, ...]
    rejects: int
    behaviour: tuple[Outcome, ...]
    at_home: tuple[Difference, ...]

    @property
    def killed(self) -> int:
        """The number of mutants that are caught on every seed."""
        return sum(each.survived == 0 for each in self.mutants)

    @property
    def lucky(self) -> tuple[Kill, ...]:
        """The mutants that no check catches on every draw."""
        return tuple(each for each in self.mutants if each.is_lucky)

    @property
    def explained(self) -> tuple[int, int]:
        """The number of mutants with a wrong value and true hints, and of all with a wrong value."""
        wrong_values = [each.explained for each in self.mutants if each.explained is not None]
        return sum(wrong_values), len(wrong_values)

    @property
    def narrow(self) -> tuple[Margin, ...]:
        """The margins that are not wide on both sides, on the probes' own inputs (float64)."""
        return tuple(each for each in self.margins if each.proposal and each.inputs == "float64")


@dataclass
class Remembering:
    """An ``observe`` that runs an implementation once per seed, through all checks of a page, and caches the result."""

    observe: Observe
    page: str
    seen: dict[tuple[str, tuple[bytes, ...], Seed], Sequence[Observation]] = field(default_factory=dict)

    def __call__(
        self, problem: Problem, implementation: Implementation, seed: Seed, checks: Sequence[Check] | None
    ) -> Sequence[Observation]:
        """Observe as :class:`autograder.expected.Observe` does."""
        if problem.page.text != self.page:
            return self.observe(problem, implementation, seed, checks)
        key = problem.id, tuple(implementation.files.values()), seed
        if key not in self.seen:
            self.seen[key] = self.observe(problem, implementation, seed, None)
        wanted = {check.name for check in (problem.checks if checks is None else checks)}
        return [each for each in self.seen[key] if each.check in wanted]


def measure_all(
    problems: Sequence[Problem],
    course: Path,
    workers: int,
    progress: Progress,
    *,
    fast: bool,
    seeds: int,
    pythons: Sequence[str] = (),
    kept: Path | None = None,
) -> Iterator[Measured]:
    """Audit the problems of a course, ``workers`` runs at a time.

    Parameters
    ----------
    course : Path
        The folder that holds ``assignments/``: the released problems, as students check them.
    progress : callable
        Shows the progress of each measurement; see :class:`Parallel`.
    fast, seeds, kept
        As for :func:`measure`.
    pythons : sequence of str
        Other interpreters to run correct work with, by command or path.
    """
    others = {} if fast else {"with 2 BLAS threads": Sandbox(warm=False, blas_threads=2).observe}
    for python in pythons:
        # Runs start in other folders, where a relative path is wrong.
        path = Path(shutil.which(python) or python).absolute()
        others[f"with {python}"] = Sandbox(warm=False, python=str(path)).observe
    # Weak: all code is the staff's own.
    with sandboxes(workers, weak=True) as (pool, sandbox), processes(workers) as runs:

        def observe(*asked: Any) -> Sequence[Observation]:
            return sandbox().observe(*asked)

        # As students run it; in a fast audit forked, since the worker is the same.
        own = observe if fast else Sandbox(warm=False).observe
        behave = partial(outcomes, runs, seeds=FAST_SEEDS if fast else seeds, fast=fast, kept=None if fast else kept)
        for problem in problems:
            released = _released(problem, course)
            home = student_s(released, own) if released else None
            parallel = Parallel(pool, progress, problem.id)
            yield measure(
                observe, problem, parallel, fast=fast, seeds=seeds, others=others, home=home, behave=behave, kept=kept
            )


def _released(problem: Problem, course: Path) -> Problem | None:
    folder = course / "assignments" / problem.assignment
    if not (folder / "checks" / "assignment.toml").is_file():
        return None
    there = read_assignment(folder / "checks", folder.name, folder / "data").problems
    return next((part for one in there for part in one.parts if part.id == problem.id), None)


def measure(
    observe: Observe,
    problem: Problem,
    parallel: Parallel,
    *,
    fast: bool,
    seeds: int,
    others: Mapping[str, Observe],
    home: Round | None = None,
    behave: Callable[[Problem, Parallel, Listed], Sequence[Outcome]] = lambda *_: (),
    kept: Path | None = None,
) -> Measured:
    """Audit a problem.

    Parameters
    ----------
    observe : callable
        ``Sandbox.observe``, or a function that uses several sandboxes; called from the threads of ``parallel``.
    fast : bool
        One seed for most mutants instead of three, the slow checks only for mutants that survive the others, and only
        those behavioural mutants, on few seeds, that must be caught.
    seeds : int
        The number of seeds for right implementations.
    others : mapping of str to callable
        Other surroundings to run right implementations in, for the margins; by name.
    home : Round, optional
        A student's own check of the released problem; by default the course's, on the public seed.
    behave : callable, optional
        Tries the problem's behavioural mutants; by default there are none.
    kept : path, optional
        A folder for the results of each seed, from which an interrupted audit resumes.
    """
    equivalents = listed(problem)
    right = {"the reference": problem.reference} | _specimens(problem, "accept")
    rejects = _specimens(problem, "reject")
    specimens = Remembering(observe, problem.page.text)
    parallel.each(
        "specimens", lambda one: specimens(problem, one, problem.seed, None), [*right.values(), *rejects.values()]
    )
    answers = observe_answers(specimens, problem, problem.seed)
    faults = list(audit(specimens, problem, answers, problem.seed))
    official = Round(problem, problem.seed, answers, specimens, Secrets.of(problem, answers.reference))
    caught = {name: try_out(official, one) for name, one in rejects.items()}
    faults += [f"{name}: {sentence}" for name, one in caught.items() for sentence in one.leaks]

    everything = [check.name for check in problem.checks]
    stages = _stages(observe, problem) if fast else [everything]
    home = home or Round(
        problem, Seed.public(), observe_answers(observe, problem, Seed.public(), at_home=True), observe, at_home=True
    )
    asked = [("the starter", problem.implementation(starter(problem))), *right.items(), *rejects.items()]
    at_home = parallel.each("specimens at home", lambda one: _at_home(official, home, *one, stages[0]), asked)

    rounds = [replace(official, observe=observe), home]
    if not fast:
        rounds.append(Round(problem, ANOTHER_SEED, observe_answers(observe, problem, ANOTHER_SEED), observe))
    made = mutants(problem.reference.files[problem.module_file].decode(), problem.module_file)
    # On a second seed there is a verdict to compare with; in a fast audit of some.
    tried = parallel.each(
        "mutants",
        lambda each: kill(each[1], rounds[:1] if fast and each[0] % AT_HOME_TOO else rounds, stages),
        enumerate(made),
    )
    kills = tuple(each.kill for each in tried)
    faults += holes(problem, kills, {key: each for key, each in equivalents.items() if key[0] not in OPERATORS})
    differences = [difference for each in (*at_home, *(each.differences for each in tried)) for difference in each]
    faults += differing(differences)
    faults += [sentence for each in tried for sentence in each.leaks]
    faults += _unexplained(kills)

    behaviour = tuple(behave(problem, parallel, equivalents))
    everyone: list[Kill | Outcome] = [*kills, *behaviour]
    faults += luck(problem, behaviour, equivalents)

    alarms = sound(observe, problem, range(seeds), parallel, kept)
    faults += wrong(alarms)
    catches = {name: {verdict.check: verdict.code for verdict in one.report.checks} for name, one in caught.items()}
    # A mutant caught by its dtype is rounded, not wrong: its distance says nothing about a tolerance.
    apart = [(name, one.distances) for name, one in caught.items() if Code.DTYPE not in catches[name].values()]
    apart += [
        (f"line {each.kill.line}: {each.kill.change}", each.distances)
        for each in tried
        if each.kill.survived == 0 and Code.DTYPE not in each.kill.codes.values()
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
            for each in everyone
            if (each.operator, each.change) in equivalents
        },
        idle=() if fast else tuple(idle(problem, [*catches.values(), *(each.codes for each in kills)])),
        margins=tuple(margins(problem, spread, narrowed(observe, problem, right, parallel), apart)),
        seeds=alarms.seeds,
        alarms=alarms.alarms,
        bounds=alarms.bounds,
        known=tuple(specimen.name for specimen in problem.specimens("reject") if _is_known(specimen, caught)),
        rejects=len(rejects),
        behaviour=behaviour,
        at_home=tuple(differences),
    )


def student_s(problem: Problem, observe: Observe) -> Round:
    """Make the round of a student's own check: the released problem and answers, on the public seed."""
    return Round(problem, Seed.public(), from_file(problem.folder / ANSWERS_FILE), observe, at_home=True)


def _at_home(
    official: Round, home: Round, name: str, implementation: Implementation, checks: Sequence[str]
) -> tuple[Difference, ...]:
    one, other = (try_out(where, implementation, checks).report for where in (official, home))
    return tuple(compared(name, one, other, official.problem.checks, official.known))


def _is_known(specimen: Specimen, caught: Mapping[str, Trial]) -> bool:
    return specimen.hint in {verdict.hint for verdict in caught[f"reject/{specimen.name}"].report.checks}


def _unexplained(kills: Sequence[Kill]) -> Iterator[str]:
    wrong_values = [each for each in kills if each.explained is not None]
    explained = sum(each.explained is True for each in wrong_values)
    if explained < LEAST_EXPLAINED * len(wrong_values):
        yield (
            f"of {len(wrong_values)} mutants that get a value wrong {explained} have a hint that is true of them; "
            f"expected {LEAST_EXPLAINED:.0%}: put the mistakes that are made into reject/"
        )


def _specimens(problem: Problem, kind: str) -> dict[str, Implementation]:
    return {f"{kind}/{each.name}": problem.implementation(each.source) for each in problem.specimens(kind)}


def _stages(observe: Observe, problem: Problem) -> list[Sequence[str]]:
    """Sort the checks into two stages, those slow on the reference in the second; one stage if none is slow."""
    seconds = {}
    for check in problem.checks:
        began = time.perf_counter()
        observe(problem, problem.reference, problem.seed, [check])
        seconds[check.name] = time.perf_counter() - began
    limit = SLOW * statistics.median(seconds.values())
    quick = [name for name in seconds if seconds[name] <= limit]
    slow = [name for name in seconds if seconds[name] > limit]
    return [stage for stage in (quick, slow) if stage]
