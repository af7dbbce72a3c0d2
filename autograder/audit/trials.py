"""The trial of one implementation by a problem's checks, in more detail than a report: by draw, and by distance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder import codes
from autograder.audit.leaks import Secrets
from autograder.authoring import Check
from autograder.compare import distance, structure
from autograder.course.problem import Implementation, Problem
from autograder.expected import Answers, Draws, Observe
from autograder.grading import grade, judge
from autograder.hints.diagnose import borne_out
from autograder.report import ProblemReport
from autograder.seed import Seed
from autograder.wire import Array, Observation

# In tolerances: the error that float32 leaves in a number that is nearly 0 beside others.
NEAR = 100.0

# By check and value, in units of the tolerance: the check's own, and the one that float32 has.
Distances = Mapping[tuple[str, str], tuple[float, float]]

# The largest of several, and whose it is.
Spread = Mapping[tuple[str, str], tuple[float, float, str]]


@dataclass(frozen=True)
class Trial:
    """The results of an implementation's run on one seed.

    Attributes
    ----------
    report : ProblemReport
        Its grading.
    draws : mapping of str to tuple of int
        By check, the code of each observed draw.
    distances : mapping
        The largest distances of its values from the reference's, in the checks that compare values.
    unborne : frozenset of str
        The hints that name a known mistake which gives something else in another check.
    leaks : tuple of str
        The leaks of the report, a sentence each.
    """

    report: ProblemReport
    draws: Mapping[str, tuple[int, ...]]
    distances: Distances
    unborne: frozenset[str]
    leaks: tuple[str, ...] = ()

    @property
    def near(self) -> frozenset[str]:
        """The checks whose values are all compared, and off by rounding at most."""
        off = {check: 0.0 for check, _ in self.distances}
        for (check, _), (units, _) in self.distances.items():
            off[check] = max(off[check], units)
        return frozenset(check for check, units in off.items() if units < NEAR)


@dataclass(frozen=True)
class Round:
    """A seed to try implementations on: the problem, its sandbox, and the answers on that seed.

    Attributes
    ----------
    problem : Problem
        The course's, or the released one.
    secrets : Secrets, optional
        The secrets that no report may show.
    at_home : bool
        It is a student's own check, without the checks that only the official run makes.
    """

    problem: Problem
    seed: Seed
    answers: Answers
    observe: Observe
    secrets: Secrets | None = None
    at_home: bool = False

    @property
    def known(self) -> frozenset[str]:
        """The hints that name a known mistake."""
        return frozenset(mistake.hint for mistake in self.answers.mistakes)

    def checks(self, names: Iterable[str] | None = None) -> list[Check]:
        """List the problem's checks of these names, or all, without those that are not made here."""
        wanted = {check.name for check in self.problem.checks} if names is None else set(names)
        return [one for one in self.problem.checks if one.name in wanted and (one.at_home or not self.at_home)]


def try_out(where: Round, implementation: Implementation, names: Sequence[str] | None = None) -> Trial:
    """Grade an implementation, as :func:`autograder.grading.grade` does, and keep more details.

    Parameters
    ----------
    names : sequence of str, optional
        The checks to make; all by default.
    """
    problem, answers, seed = where.problem, where.answers, where.seed
    checks = where.checks(names)
    seen: list[Observation] = []

    def noting(
        problem: Problem, one: Implementation, seed: Seed, some: Sequence[Check] | None
    ) -> Sequence[Observation]:
        found = where.observe(problem, one, seed, some)
        seen.extend(() if seen else found)  # of a second run only a hint is made
        return found

    report = grade(noting, problem, implementation, answers, seed, checks)
    draws: dict[str, tuple[int, ...]] = {}
    passed = {verdict.check for verdict in report.checks if verdict.code == codes.Code.SUCCESS}
    for check in checks:
        alone = replace(check, draws=1)
        if check.name in passed:
            draws[check.name] = (codes.Code.SUCCESS,) * check.draws
            continue
        mine = [judge(problem, alone, [each], answers.reference, seed) for each in seen if each.check == check.name]
        draws[check.name] = tuple(codes.most_severe(finding.code for finding in findings) for findings in mine)
    leaks = tuple(where.secrets.told(report)) if where.secrets else ()
    told = {verdict.hint for verdict in report.checks if verdict.hint}
    borne = {mistake.hint for mistake in answers.mistakes if mistake.hint in told and borne_out(checks, seen, mistake)}
    return Trial(
        report, draws, distances(problem, seen, answers.reference), frozenset(told & where.known - borne), leaks
    )


def distances(problem: Problem, seen: Iterable[Observation], right: Draws) -> Distances:
    """Measure the distances of values from the reference's, where both can be compared."""
    compared = {check.name: check for check in problem.checks if check.expect is None}
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for observation in seen:
        check, answer = compared.get(observation.check), right.get((observation.check, observation.draw))
        if check is None or answer is None or {observation.ending, answer.ending} != {"returned"}:
            continue
        expected: Mapping[str, Array] = answer.values  # type: ignore[assignment]  # grade() has seen that none is a text
        for name, value in expected.items():
            # A value with a wrong dtype or shape is not caught by a tolerance, and says nothing about it.
            if not any(structure(observation.values, {name: value}, narrow=answer.narrow)):
                mine: Array = observation.values[name]  # type: ignore[assignment]  # structure() has seen to it
                units = distance(mine, value, check), distance(mine, value, check, narrow=True)
                so_far = found.get((check.name, name), (0.0, 0.0))
                found[check.name, name] = max(so_far[0], units[0]), max(so_far[1], units[1])
    return found


def farthest(many: Iterable[tuple[str, Distances]]) -> Spread:
    """Choose the largest of several implementations' distances, value by value."""
    found: dict[tuple[str, str], tuple[float, float, str]] = {}
    for name, each in many:
        found = farther(found, {key: (own, narrow, name) for key, (own, narrow) in each.items()})
    return found


def farther(one: Spread, other: Spread) -> dict[tuple[str, str], tuple[float, float, str]]:
    """Choose the larger of two, value by value."""
    return {**one, **{key: each for key, each in other.items() if key not in one or each > one[key]}}
