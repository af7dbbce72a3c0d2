"""Mutants on very many seeds: each must be caught on nearly all of them, or accepted on nearly all.

What lies between passes or fails by luck. Runs are those of the worker's functions, in processes of the audit: staff's
own code needs no sandbox, and a seed costs no fork.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, ModuleType

import msgspec
import numpy as np

from autograder.audit import behaviour, overlay
from autograder.audit.arguments import Recording
from autograder.audit.checkpoint import Checkpoint
from autograder.audit.kills import EQUIVALENT_FILE, Listed, change, listed
from autograder.audit.mutants import Mutant
from autograder.audit.parallel import Parallel, Progress
from autograder.authoring import Check, generator
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError, Problem, importable
from autograder.gradebook.dependencies import digest, environment, packages_of
from autograder.grading import judge
from autograder.seed import Seed
from autograder.wire import Observation
from autograder.worker.recorder import Watch, Watched
from autograder.worker.run import plain_values

# One seed in so many may go the other way.
ONE_IN = 1000
# Seeds after which a mutant that went both ways is given up.
ENOUGH = 30
# Seeds on which arguments are recorded.
RECORDED, SLOW_RECORDED, DEFAULT_DRAWS = 50, 5, 3
# A check this many times slower than the median is made on so many seeds of a mutant that it has not caught on them.
SLOW, SLOW_SEEDS = 5.0, 20


class Outcome(msgspec.Struct, frozen=True):
    """The number of seeds on which a mutant was caught.

    Attributes
    ----------
    operator, line, change : str, int, str
        As of a :class:`autograder.audit.kills.Kill`.
    seeds, caught : int
        The number of seeds that it was tried on, and of those on which a check caught it.
    checks : dict of str to int
        By check, on how many seeds it was the first to catch it.
    example : int
        A seed of the rarer outcome.
    """

    operator: str
    line: int
    change: str
    seeds: int
    caught: int
    checks: dict[str, int]
    example: int

    @property
    def verdict(self) -> str:
        """``caught``, ``accepted``, ``luck``, or ``untried``."""
        if not self.seeds:
            return "untried"
        if self.seeds - self.caught <= self.seeds // ONE_IN:
            return "caught"
        return "accepted" if self.caught <= self.seeds // ONE_IN else "luck"


def untried(mutant: Mutant) -> Outcome:
    """Make the outcome of a mutant that is tried on no seed."""
    return Outcome(mutant.operator, mutant.line, change(mutant), 0, 0, {}, 0)


def is_rounding(operator: str, change: str) -> bool:
    """Tell whether a mutant only rounds to float32: to accept that always needs no reason."""
    return operator == "float32" or change.endswith(" → float32")


class _Late(BaseException):
    """A probe has taken too long."""


class Runs:
    """Runs of one problem's checks in this process, each judged beside the reference's."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._code: dict[str, CodeType] = {}
        self._right: dict[tuple[int, str, int], Observation] = {}
        self._reference = self._module(self.text)
        self._checks: list[Check] = []
        self.slow: frozenset[str] = frozenset()
        self._time()

    @property
    def text(self) -> str:
        """The reference's text."""
        return self.problem.reference.files[self.problem.module_file].decode()

    def record(self, seeds: Iterable[int]) -> Recording:
        """Record the arguments of the reference's functions: where values are compared, and elsewhere what is new."""
        functions = [*behaviour.functions_of(self.text, self.problem.module_file)]
        compared, judged = Recording(), Recording()
        for n, seed in enumerate(seeds):
            for check in self.problem.checks:
                # Those that train have few draws. Told by their time, other mutants would be made on another machine.
                if n >= SLOW_RECORDED and check.expect and check.draws < DEFAULT_DRAWS:
                    continue
                module = self._module(self.text)
                assert module is not None  # noqa: S101  the reference's
                (judged if check.expect else compared).listen(vars(module), functions, check.name, seed)
                for draw in range(check.draws):
                    self._observe(module, check, draw, seed)
        return compared.within(judged)

    def outcome(self, mutant: Mutant, seeds: Sequence[int], enough: int = ENOUGH) -> Outcome:
        """Try a mutant on seeds in turn, until it is plain that it goes both ways; on none if it rounds nothing.

        A module with a memory is loaded anew for each seed, and meets the checks in their order.
        """
        remembers = mutant.operator == "state"
        order = [*self.problem.checks] if remembers else self._checks
        caught: Counter[str] = Counter()
        by_outcome: dict[bool, list[int]] = {True: [], False: []}
        module, before = self._module(mutant.source), overlay.ROUNDED[0]
        for n, seed in enumerate(seeds):
            if remembers:
                module = self._module(mutant.source)
            skipped = self.slow - caught.keys() if n >= SLOW_SEEDS and not remembers else frozenset()
            by = next((each for each in order if each.name not in skipped and self._catches(module, each, seed)), None)
            if n == 0 and mutant.operator == "float32" and overlay.ROUNDED[0] == before:
                return untried(mutant)
            if by is not None:
                caught[by.name] += 1
                if not remembers:
                    order = sorted(order, key=lambda each: -caught[each.name])
            by_outcome[by is not None].append(seed)
            if n + 1 >= enough and min(map(len, by_outcome.values())) > len(seeds) // ONE_IN:
                break
        rarer = min(by_outcome.values(), key=len)
        return Outcome(
            mutant.operator,
            mutant.line,
            change(mutant),
            n + 1,
            len(by_outcome[True]),
            dict(caught),
            (rarer or [*seeds])[0],
        )

    def _time(self) -> None:
        """Order the checks by the reference's time for a draw, and name the slow ones."""
        seconds: dict[str, float] = {}
        for check in self.problem.checks:
            for seed in range(2):  # in the first there is what a first call alone costs
                began = time.process_time()
                self._expected(check, 0, seed)
                seconds[check.name] = min(seconds.get(check.name, np.inf), time.process_time() - began)
        limit = SLOW * statistics.median(seconds.values())
        self.slow = frozenset(name for name in seconds if seconds[name] > limit)
        self._checks = sorted(self.problem.checks, key=lambda check: seconds[check.name])

    def _catches(self, module: ModuleType | None, check: Check, seed: int) -> bool:
        one = replace(check, draws=1)
        for draw in range(check.draws):
            right = {(check.name, draw): self._expected(check, draw, seed)}
            if module is None:
                return True
            seen = self._observe(module, check, draw, seed)
            if judge(self.problem, one, [seen], right, Seed.numbered(seed)):
                return True
        return False

    def _expected(self, check: Check, draw: int, seed: int) -> Observation:
        key = seed, check.name, draw
        if key not in self._right:
            assert self._reference is not None  # noqa: S101  the audit of the specimens comes first
            right = self._observe(self._reference, check, draw, seed)
            if right.ending != "returned":
                path = self.problem.folder / self.problem.module_file
                raise CourseError(f"{path}: the check `{check.name}` fails on the reference, on seed {seed}")
            self._right[key] = right
        return self._right[key]

    def _module(self, text: str) -> ModuleType | None:
        """Load a module; None if that raises."""
        name = self.problem.name
        if text not in self._code:
            self._code = {text: compile(text, f"{name}.py", "exec", dont_inherit=True)}
        module = ModuleType(name)
        try:
            with importable((*self.problem.files.given, *self.problem.beside)):
                exec(self._code[text], module.__dict__)  # noqa: S102  staff's
        except Exception:  # noqa: BLE001  a mutant
            return None
        return module

    def _observe(self, module: ModuleType, check: Check, draw: int, seed: int) -> Observation:
        problem, watch = self.problem, Watch()
        rng = generator(Seed.numbered(seed).of_draw(problem.id, check.name, draw))
        try:
            with _time_limit(check.wall_seconds or problem.limits.wall_seconds), np.errstate(all="ignore"):
                returned = check.probe(Watched(module, problem.name, problem.name, watch), rng)
            values = plain_values(returned, int(problem.limits.returned_bytes))
        except (Exception, _Late):  # noqa: BLE001  a mutant
            return Observation(check.name, draw, "raised", changed=tuple(watch.changed))
        return Observation(check.name, draw, "returned", values, tuple(watch.changed), watch.narrow)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise _Late

    # Of computing time: a busy machine makes nothing wrong.
    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# The runs of the problem that this process works on.
_RUNS: dict[tuple[Path, str], Runs] = {}


def _runs(course: Path, problem_id: str) -> Runs:
    if (course, problem_id) not in _RUNS:
        _RUNS.clear()
        warnings.simplefilter("ignore")
        os.chdir(course)  # where probes find data/
        _RUNS[course, problem_id] = Runs(next(one for one in _problems(course) if one.id == problem_id))
    return _RUNS[course, problem_id]


@cache
def _problems(course: Path) -> list[Problem]:
    found = (problem for assignment in read_course(course) for problem in assignment.problems)
    return [part for problem in found for part in problem.parts]


def _made(course: Path, problem_id: str) -> list[Mutant]:
    runs = _runs(course, problem_id)
    recording = runs.record(range(RECORDED))
    return behaviour.behavioural(runs.text, runs.problem.module_file, recording)


def _outcome(course: Path, problem_id: str, mutant: Mutant, seeds: int) -> Outcome:
    return _runs(course, problem_id).outcome(mutant, range(seeds))


@contextmanager
def processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Give processes for runs, which are ended without their work if this is left early."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def outcomes(
    pool: ProcessPoolExecutor,
    problem: Problem,
    parallel: Parallel,
    equivalents: Listed,
    *,
    seeds: int,
    operators: Collection[str] = behaviour.OPERATORS,
    fast: bool = False,
    kept: Path | None = None,
) -> list[Outcome]:
    """Try a problem's behavioural mutants on seeds.

    Parameters
    ----------
    operators : collection of str
        The kinds of mutants to try.
    fast : bool
        Only those that must be caught: neither what is listed as equivalent nor what only rounds to float32.
    kept : path, optional
        A folder for the outcome of each mutant; existing ones, of the same problem and engine, are kept.
    """
    where = problem.course.resolve(), problem.id
    checkpoint = Checkpoint(kept / f"{problem.name}-behaviour-{_digest(problem)[:16]}", Outcome) if kept else None

    def one(mutant: Mutant) -> Outcome:
        what = mutant.operator, change(mutant)
        if fast and (what in equivalents or is_rounding(*what)):
            return untried(mutant)
        name = f"{sha256(mutant.source.encode()).hexdigest()[:24]}-{seeds}"
        return checkpoint.once(name, lambda: find(mutant)) if checkpoint else find(mutant)

    def find(mutant: Mutant) -> Outcome:
        return pool.submit(_outcome, *where, mutant, seeds).result()

    made = [each for each in pool.submit(_made, *where).result() if each.operator in operators]
    return parallel.each("behavioural mutants", one, made)


def _digest(problem: Problem) -> str:
    """Compute the digest of what an outcome depends on, beside the mutant: not the list that is written after it."""
    pages = [problem.folder / "checks.py", problem.folder / "expect.py", Path(overlay.__file__), Path(__file__)]
    files = [path for path in (*pages, *problem.files.given, *problem.files.data.values()) if path.is_file()]
    where = repr(sorted(environment(packages_of(problem)).items())).encode()
    return digest([("environment", where), *((path.name, path.read_bytes()) for path in files)])


def luck(problem: Problem, found: Sequence[Outcome], equivalents: Listed) -> Iterator[str]:
    """List the faults of the checks, or of the list of equivalent mutants, a sentence each."""
    kinds = {each.operator for each in found}
    unseen = {key: reason for key, reason in equivalents.items() if key[0] in kinds}
    for each in found:
        where = f"{problem.module_file}, line {each.line}, {each.operator}: `{each.change}`"
        is_listed = unseen.pop((each.operator, each.change), None) is not None
        if each.verdict == "luck":
            rarer = "accepted" if 2 * each.caught > each.seeds else "caught"
            yield (
                f"{where} is caught on {each.caught} of {each.seeds} seeds ({rarer} on seed {each.example}): a verdict "
                "by luck; draw inputs on which it always shows, or never"
            )
        elif each.verdict == "accepted" and not is_listed and not is_rounding(each.operator, each.change):
            yield (
                f"{where} is accepted on all of {each.seeds} seeds; make a check catch it, or list it in "
                f"{EQUIVALENT_FILE} with the reason"
            )
        elif each.verdict == "caught" and is_listed:
            catch = ", ".join(f"`{check}`" for check in each.checks)
            yield f"{where} is listed in {EQUIVALENT_FILE}, and caught by {catch}; take it off the list"
    for operator, text in unseen:
        yield f"{EQUIVALENT_FILE} lists `{text}` ({operator}); there is no such mutant any more: take it off the list"


def try_behaviour(
    problems: Iterable[Problem], workers: int, progress: Progress, seeds: int, operators: Sequence[str], kept: Path
) -> Iterator[tuple[str, str, list[str]]]:
    """Try the behavioural mutants of some problems; yield each problem's id, the figures in words, and the faults."""
    if unknown := {*operators} - {*behaviour.OPERATORS}:
        raise CourseError(f"there are no mutants of the kind {min(unknown)}; name {', '.join(behaviour.OPERATORS)}")
    with processes(workers) as pool, ThreadPoolExecutor(workers) as threads:
        for problem in problems:
            parallel, equivalents = Parallel(threads, progress, problem.id), listed(problem)
            found = outcomes(pool, problem, parallel, equivalents, seeds=seeds, operators=operators, kept=kept)
            yield problem.id, counted(found), list(luck(problem, found, equivalents))


def counted(found: Iterable[Outcome]) -> str:
    """Count mutants by verdict, in words."""
    counts = Counter(each.verdict for each in found if each.seeds)
    verdicts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("caught", "accepted", "luck"))
    return f"{counts.total()}: {verdicts}"
