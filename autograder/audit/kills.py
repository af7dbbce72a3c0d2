"""The kill matrix: the checks that catch each mutant, with the codes.

A mutant that no check catches is either a hole in the checks, or the reference in other words. Mutants of the second
kind are listed in ``equivalent.toml`` beside the checks, with the reason; any other survivor is a fault of the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from autograder.audit.mutants import Mutant
from autograder.audit.parity import Difference, compared
from autograder.audit.trials import Distances, Round, Trial, farthest, try_out
from autograder.codes import Code
from autograder.course.problem import CourseError, Problem

EQUIVALENT_FILE = "equivalent.toml"


class Kill(msgspec.Struct, frozen=True):
    """The outcome of one mutant.

    Attributes
    ----------
    operator, line, change : str, int, str
        The kind of mistake, its first line, and the change ("before → after").
    codes : dict of str to int
        By check that was tried, the code on the first seed that it caught the mutant on; 0 where it passed on all.
    shares : dict of str to float
        By check that was tried, the share of draws that catch it, over all seeds.
    seeds, survived : int
        The number of seeds that it was tried on, and of those on which no check caught it.
    hints : dict of str to str
        By check that has one, the hint on the first seed.
    explained : bool or None
        Some check of its wrong values (53) gives the same hint on every seed, and no hint names a known mistake that
        another check refutes; None where no value is wrong.
    """

    operator: str
    line: int
    change: str
    codes: dict[str, int]
    shares: dict[str, float]
    seeds: int
    survived: int
    hints: dict[str, str]
    explained: bool | None

    @property
    def is_lucky(self) -> bool:
        """No check catches it on every draw: on other inputs it may survive."""
        return self.survived < self.seeds and max(self.shares.values(), default=0.0) < 1.0


class _Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    operator: str
    reason: str
    changes: tuple[str, ...]


class _Equivalents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    equivalent: tuple[_Equivalent, ...] = ()


Listed = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Tried:
    """A mutant that was tried: its record, the distances of its values, differences at home, and leaks."""

    kill: Kill
    distances: Distances
    differences: tuple[Difference, ...]
    leaks: tuple[str, ...]


def change(mutant: Mutant) -> str:
    """Write a mutant's change, as it is printed and listed."""
    return f"{mutant.before} → {mutant.after}".strip()


def kill(mutant: Mutant, rounds: Sequence[Round], stages: Sequence[Sequence[str]]) -> Tried:
    """Try to catch a mutant.

    Parameters
    ----------
    rounds : sequence of Round
        The seeds to try it on: the official run's, a student's own, and others.
    stages : sequence of sequence of str
        The checks, by name: those of a later stage are tried on a seed only if none before caught it there.
    """
    # The official run's problem knows where the modules beside lie; a released one is handed them.
    implementation = rounds[0].problem.implementation(mutant.source)
    by_round: list[list[Trial]] = []
    survived = 0
    for each in rounds:
        mine: list[Trial] = []
        by_round.append(mine)
        for names in stages:
            mine.append(try_out(each, implementation, names))
            if mine[-1].report.code != Code.SUCCESS:
                break
        else:
            survived += not (each.at_home and _caught_officially(by_round[0], each))
    trials = [trial for mine in by_round for trial in mine]
    found: dict[str, int] = {}
    draws: dict[str, list[int]] = {}
    for trial in trials:
        for verdict in trial.report.checks:
            found[verdict.check] = found.get(verdict.check) or verdict.code
            draws.setdefault(verdict.check, []).extend(trial.draws[verdict.check])
    apart = farthest(("", trial.distances) for trial in trials)
    record = Kill(
        operator=mutant.operator,
        line=mutant.line,
        change=change(mutant),
        codes=found,
        shares={name: sum(map(bool, each)) / max(len(each), 1) for name, each in draws.items()},
        seeds=len(rounds),
        survived=survived,
        hints={verdict.check: verdict.hint for one in by_round[0] for verdict in one.report.checks if verdict.hint},
        explained=_explained(trials),
    )
    where = f"line {mutant.line}, {mutant.operator}: `{record.change}`"
    return Tried(
        record,
        {key: (own, narrow) for key, (own, narrow, _) in apart.items()},
        tuple(
            difference
            for official, home in zip(by_round[0], by_round[1] if len(rounds) > 1 else (), strict=False)
            for difference in compared(
                where,
                official.report,
                home.report,
                rounds[0].problem.checks,
                rounds[0].known,
                official.near & home.near,
            )
        ),
        tuple(f"{where}: {sentence}" for trial in trials for sentence in trial.leaks),
    )


def _caught_officially(official: Iterable[Trial], home: Round) -> bool:
    """Tell whether a check of the official run alone catches what passes at home, as expected."""
    alone = {check.name for check in home.problem.checks if not check.at_home}
    return any(verdict.code and verdict.check in alone for trial in official for verdict in trial.report.checks)


def _explained(trials: Sequence[Trial]) -> bool | None:
    told: dict[str, set[str | None]] = {}
    for trial in trials:
        for verdict in trial.report.checks:
            if verdict.code == Code.VALUES and verdict.blocked_by is None:
                told.setdefault(verdict.check, set()).add(verdict.hint)
    if not told:
        return None
    steady = any(len(hints) == 1 and None not in hints for hints in told.values())
    return steady and not any(trial.unborne & hints for trial in trials for hints in told.values())


def listed(problem: Problem) -> Listed:
    """Read the mutants that the problem's folder lists as equivalent, by operator and change, with the reasons.

    Raises
    ------
    CourseError
        If the list is malformed.
    """
    path = problem.own / EQUIVALENT_FILE
    try:
        entries = msgspec.toml.decode(path.read_bytes(), type=_Equivalents).equivalent
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise CourseError(f"{path}: {error}") from None
    for entry in entries:
        if not entry.reason.strip():
            raise CourseError(f"{path}: an entry of the operator {entry.operator} gives no reason")
    return {(entry.operator, each): entry.reason for entry in entries for each in entry.changes}


def holes(problem: Problem, kills: Iterable[Kill], equivalents: Listed) -> Iterator[str]:
    """List the faults of the checks, or of the list of equivalent mutants, a sentence each."""
    unseen = dict(equivalents)
    for each in kills:
        where = f"{problem.module_file}, line {each.line}, {each.operator}: `{each.change}`"
        is_listed = (each.operator, each.change) in equivalents
        unseen.pop((each.operator, each.change), None)
        if is_listed and each.survived < each.seeds:
            catch = ", ".join(f"`{check}` with {code}" for check, code in each.codes.items() if code)
            yield f"{where} is listed in {EQUIVALENT_FILE}, and caught by {catch}; take it off the list"
        elif each.survived and not is_listed:
            on = (
                "every check"
                if each.survived == each.seeds
                else f"every check on {each.survived} of {each.seeds} seeds"
            )
            yield f"{where} survives {on}; make a check catch it, or list it in {EQUIVALENT_FILE} with the reason"
    for operator, text in unseen:
        yield f"{EQUIVALENT_FILE} lists `{text}` ({operator}); there is no such mutant any more: take it off the list"


def idle(problem: Problem, catches: Iterable[Mapping[str, int]]) -> list[str]:
    """List the checks that catch no mutant or specimen that another check doesn't catch, too."""
    alone = {names[0] for caught in catches if len(names := [name for name, code in caught.items() if code]) == 1}
    return [check.name for check in problem.checks if check.name not in alone]
