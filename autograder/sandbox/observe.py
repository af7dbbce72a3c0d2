"""Runs of student code, as the grader sees them.

``Sandbox.observe`` runs an implementation through checks and returns one observation for each draw. A process that
dies, hangs or sends malformed data is an observation of that check alone; the checks after it run in a new process.
``run_cells`` does the same for a notebook's cells, and ``call`` calls a function of ours on a student's bytes.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Self, TypeVar

import numpy as np

from autograder.authoring import Check
from autograder.codes import Code
from autograder.course.problem import Implementation, Problem
from autograder.sandbox.confine import LAYERS, Enforced
from autograder.sandbox.runs import START_SECONDS, DiskFullError, Forked, Loader, Process, SandboxError, Server, Started
from autograder.sandbox.usage import Budget
from autograder.seed import Seed
from autograder.wire import Failure, Observation, Part, WireError
from autograder.worker.job import MIB, CallJob, Content, Job, Limits, NotebookJob, ProbeJob, compiled, entry_point
from autograder.worker.reader import ASKED, RETURNED, Function

__all__ = ["Budget", "OurFaultError", "ReaderError", "Sandbox", "SandboxError"]

# Endings that no process with student code in it may report.
OURS = frozenset({"faulty", "died", "unstarted"})
# Endings after which the rest is run in a new process.
ENDED = frozenset({"died", "late"})
# Most messages of one reader.
MOST_MESSAGES = 25_000
# Memory of an array beside its entries.
ARRAY_BYTES = 256
# A run ends a draw itself when its time is used up, and says where; it is ended after so many more seconds.
GRACE_SECONDS = 1.0
# The least time for a run's next message, however little of the budget is left.
LEAST_SECONDS = 0.1
# Most bytes of the outputs of all of a notebook's cells together; the values beyond are dropped.
NOTEBOOK_BYTES = 64 * MIB

# An answer to a reader's question, in parts, and a file's descriptor if it asked for one.
Answer = tuple[Sequence[Part], int | None]
# A server's preloaded modules, and the folders that its runs may read.
_Key = tuple[tuple[str, ...], tuple[str, ...]]
_Message = TypeVar("_Message")


class LostError(Exception):
    """The server that a run was forked from is gone, and the run with it."""


class UnstartedError(Exception):
    """Nothing could be run. Holds the observation of this, the run's own if there is one."""

    def __init__(self, why: str, said: Observation | None = None) -> None:
        super().__init__(why)
        self.observation = said or Observation("", 0, "unstarted", failure=Failure("", why))


class ReaderError(Exception):
    """A reader passed a limit, or died, because of what it read. The message gives the reason as a clause."""


class OurFaultError(Exception):
    """A reader failed or could not start, which is our fault. The message is a clause; the code is one of ours."""

    def __init__(self, why: str, code: Code = Code.FAULTY_GRADER) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class _Due:
    """A message that is due within some seconds, and the subject of the sentence if it is late."""

    check: str
    draw: int
    seconds: float
    what: str

    def died(self, message: str) -> Observation:
        return Observation(self.check, self.draw, "died", failure=Failure("", message))


@dataclass(kw_only=True, eq=False)
class Sandbox:
    """Runs implementations, each run in a process of its own.

    Parameters
    ----------
    warm : bool
        Fork confined runs from a server that has the libraries loaded; otherwise start each run afresh, unconfined and
        on any system, for students' checks of their own code.
    """

    warm: bool = True
    layers: Sequence[str] = LAYERS  # of confinement; by default all that the machine has
    weak: bool = False  # run even where a guarantee is not enforced
    python: str = sys.executable  # for runs that are started afresh
    blas_threads: int = 1  # the same
    loader: Loader | None = None  # starts the servers; by default one of its own. The caller closes one that it passes
    told: Callable[[Observation], object] = lambda _: None  # hears each observation of a check as soon as it is there

    def __post_init__(self) -> None:
        self._loader = self.loader or Loader()
        self._servers: dict[_Key, Server] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the servers."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        if self.loader is None:
            self._loader.close()

    def enforced(self) -> Enforced:
        """Find out which confinement holds on this machine; SandboxError if no server starts."""
        try:
            server = Server(self._loader, (), (), tuple(self.layers))
        except OSError as error:
            raise SandboxError(f"no process for student code could be started on this machine: {error}") from None
        server.close()
        return server.enforced

    def observe(
        self, problem: Problem, implementation: Implementation, seed: Seed, checks: Sequence[Check] | None = None
    ) -> list[Observation]:
        """Run checks on an implementation, a draw at a time.

        A check whose process dies, or is late, has one observation, of the draw it died in; its other draws are not
        tried. A function that was late and has never come back is not called again: the checks that call it are
        "skipped". Where it came back before, it is called again, since it may end on other inputs.
        """
        endless: dict[str, str] = {}
        limits = problem.limits
        pending = [
            (check, draw) for check in (problem.checks if checks is None else checks) for draw in range(check.draws)
        ]
        files = {**implementation.files, **{path.name: path.read_bytes() for path in problem.files.given}}
        seen: list[Observation] = []
        budget = Budget.of_module(limits)
        while pending:
            job = ProbeJob(
                module=problem.name,
                page=problem.page.text,
                given=tuple(path.stem for path in problem.files.given),
                allowed_imports=problem.allowed_imports,
                draws=tuple((check.name, draw, seed.of_draw(problem.id, check.name, draw)) for check, draw in pending),
                data={name: str(path) for name, path in problem.files.data.items()},
                limits=asdict(limits),
                files=files,
                endless=endless,
                measured=implementation.measured,
                compiled=compiled(problem.page.text) if self.warm else "",
            )
            due = [_Due("", 0, limits.import_seconds, "the import of the module")]
            due += [
                _Due(one.name, draw, one.wall_seconds or limits.wall_seconds, "this check") for one, draw in pending
            ]
            with closing(self._run(problem, job, due, budget, limits.returned_bytes)) as observations:
                imported = next(observations)
                output = imported.output  # of the import: shown with the output that came after it
                for observation in [imported] if imported.ending != "returned" else observations:
                    if observation is imported or observation.ending == "unstarted":
                        ending, failure, output = observation.ending, observation.failure, observation.output
                        names = dict.fromkeys(check.name for check, _ in pending)
                        seen += [Observation(name, 0, ending, failure=failure, output=output) for name in names]
                        pending = []
                        break
                    check, _ = pending.pop(0)
                    seen.append(replace(observation, output=output + observation.output))
                    output = ""
                    _bound(seen, limits.module_bytes)
                    self.told(seen[-1])
                    if observation.ending in ENDED:
                        if observation.ending == "late" and observation.failure and observation.failure.kind:
                            endless[observation.failure.kind] = observation.check
                        pending = [item for item in pending if item[0] is not check]
                        break
        return seen

    def run_cells(self, problem: Problem, job: NotebookJob, budget: Budget | None = None) -> Iterator[Observation]:
        """Run a notebook's cells; yield an observation of each as soon as it has run, one more, and one of each draw.

        There is none for the cells after one that "died", unless all time is used up. Where nothing could be run, one
        says why. After a draw in which the process died, the cells are run again for the checks that are left. The
        budget is the time of all the notebook's runs together; by default of this call alone.
        """
        limits = problem.limits
        budget = budget or Budget.of_notebook(limits)
        cells = enumerate((*job.cells, ("", "")))
        of_cells = [_Due(label, number, limits.cell_seconds, "this cell") for number, (label, _) in cells]
        probes = problem.page.checks if job.draws else ()
        seconds = {check.name: check.wall_seconds or limits.wall_seconds for check in probes}
        # A character has at most four bytes.
        most_bytes = 4 * limits.cell_bytes + MIB + limits.returned_bytes
        room = NOTEBOOK_BYTES
        draws, again = job.draws, False
        while True:
            due = [*of_cells, *(_Due(check, draw, seconds[check], "this check") for check, draw, _ in draws)]
            for place, last in enumerate(self._run(problem, replace(job, draws=draws), due, budget, most_bytes)):
                if place >= len(of_cells):
                    yield last
                elif not again:
                    size = _size(last)
                    yield last if size <= room else replace(last, values={})
                    room -= min(size, room)
            # The check that a run has died in is over.
            draws = tuple(one for one in draws[max(place + 1 - len(of_cells), 0) :] if one[0] != last.check)
            if place < len(of_cells) and again:
                # Cells that had run before have failed: the checks that are left fail with them.
                yield from (replace(last, check=check, draw=draw, values={}) for check, draw, _ in draws)
            if place < len(of_cells) or not draws:
                return
            again = True

    def call(
        self,
        function: Function,
        files: Mapping[str, bytes | Content],
        limits: Limits,
        answer: Callable[[bytes], Iterable[Answer]] = lambda _: (),
    ) -> Iterator[bytes]:
        """Call a function of ours on a student's bytes, in a reader: a process confined as runs are.

        ``answer`` answers its questions. The parts of the result that are yielded are not to be trusted: the bytes may
        have misled the function.

        Raises
        ------
        ReaderError
            If it has passed a limit, or has died: the bytes' own fault.
        OurFaultError
            If it has raised, or could not be started.
        """
        bounds = replace(limits, cpu_seconds=limits.reading_seconds, memory_bytes=limits.reading_memory_bytes)
        job = CallJob(entry_point(function), asdict(bounds), files)

        def take(process: Process) -> Iterator[bytes]:
            assert isinstance(process, Forked)  # noqa: S101  calls have no other processes
            for _ in range(MOST_MESSAGES):
                said = _told_by_reader(process, limits)
                content = said.values.get(said.check)
                if said.check == ASKED and isinstance(content, np.ndarray):
                    for one in answer(content.tobytes()):
                        process.answer(*one)
                elif said.check == RETURNED and isinstance(content, np.ndarray):
                    yield content.tobytes()
                else:
                    return
            raise ReaderError("it says too much")

        try:
            yield from self._attempts(((function.__module__,), ()), job, take)
        except UnstartedError as error:
            raise OurFaultError(f"nothing could be read: {error}", Code.NO_SANDBOX) from None
        except LostError as error:
            raise ReaderError(str(error)) from None

    def _run(
        self, problem: Problem, job: ProbeJob | NotebookJob, due: Sequence[_Due], budget: Budget, most_bytes: int
    ) -> Generator[Observation]:
        # What is due, until one has "died" or, in the place of all, "unstarted".

        def take(process: Process) -> Iterator[Observation]:
            for one in due:
                if budget.spent:
                    break
                observation = _next(process, one, budget, job.limits, most_bytes)
                yield observation
                if observation.ending in ENDED:
                    break

        left = list(due)
        if not budget.spent:
            try:
                for observation in self._attempts(_server_of(problem, job), job, take):
                    left.pop(0)
                    yield observation
            except UnstartedError as error:
                yield error.observation
                return
            except LostError as error:
                yield left.pop(0).died(str(error))
        if budget.spent:
            yield from (one.died(budget.not_run) for one in left)

    def _attempts(self, key: _Key, job: Job, take: Callable[[Process], Iterator[_Message]]) -> Iterator[_Message]:
        # A job whose server was lost is repeated once; the second loss is taken for the work of what ran.
        taken = 0
        for last in (False, True):
            try:
                process = self._start(key, job)
            except (OSError, SandboxError) as error:
                raise UnstartedError(str(error)) from None
            try:
                # No student code has run yet: this message, and no later one, may say that the fault is ours.
                ready = process.receive(START_SECONDS)
                if ready is None or ready.ending != "returned":
                    ended = process.end()
                    if last or not ended.lost:
                        raise UnstartedError(ended.exit_reason, ready)
                    continue
                for message in itertools.islice(take(process), taken, None):
                    taken += 1
                    yield message
            except LostError:
                if last:
                    raise
            except (TimeoutError, WireError, DiskFullError) as error:
                raise UnstartedError(f"no sign of life: {error}") from None
            else:
                return
            finally:
                process.end()

    def _start(self, key: _Key, job: Job) -> Process:
        if not self.warm:
            if not isinstance(job, ProbeJob):
                raise SandboxError("notebooks and readers are forked from warm servers; this sandbox has none")
            return Started(job, self.python, self.blas_threads)
        server = self._servers.get(key) or self._serve(key)
        try:
            return server.fork(job)
        except OSError:
            # Replaced once; a second failure is the caller's to report.
            server.close()
            return self._serve(key).fork(job)

    def _serve(self, key: _Key) -> Server:
        server = self._servers[key] = Server(self._loader, *key, tuple(self.layers))
        if server.enforced.lacks and not self.weak:
            raise SandboxError(f"student code can't be confined on this machine: {'; '.join(server.enforced.lacks)}")
        return server


def _server_of(problem: Problem, job: ProbeJob | NotebookJob) -> _Key:
    visible = tuple(sorted({str(path.parent) for path in problem.files.data.values()}))
    # A fork pays for all that its parent has loaded: load what the submission names, and no more.
    texts = [content for content in job.files.values() if isinstance(content, bytes)]
    sources = [job.page] if isinstance(job, ProbeJob) else [source for _, source in job.cells]
    texts += [source.encode() for source in sources]
    named = [name for name in problem.preload if any(name.partition(".")[0].encode() in text for text in texts)]
    return ((*named, *([job.kernel] if isinstance(job, NotebookJob) else [])), visible)


def _size(observation: Observation) -> int:
    return sum(
        sys.getsizeof(name) + (sys.getsizeof(value) if isinstance(value, str) else value.nbytes + ARRAY_BYTES)
        for name, value in observation.values.items()
    )


def _bound(seen: list[Observation], most_bytes: int) -> None:
    # All together returned too much: the check that returned most loses its values.
    sizes: Counter[str] = Counter()
    for observation in seen:
        sizes[observation.check] += _size(observation)
    if sizes.total() > most_bytes:
        largest, _ = sizes.most_common(1)[0]
        said = Failure("", f"what came back in all is larger than {most_bytes / MIB:.0f} MiB")
        seen[:] = [
            replace(one, ending="exhausted", values={}, failure=said) if one.check == largest else one for one in seen
        ]


def _told_by_reader(process: Process, limits: Limits) -> Observation:
    said, why = None, ""
    try:
        said = process.receive(float(limits.reading_seconds))
    except (TimeoutError, WireError, DiskFullError) as error:
        why = f"it was ended: {error}"
    if said is None:
        ended = process.end()
        if ended.lost and not why:
            raise LostError(ended.exit_reason)
        used = max(ended.cpu_seconds, process.deadline.charged())
        if ended.out_of_time or used >= limits.reading_seconds:
            why = f"it takes more than {limits.reading_seconds} s"
        raise ReaderError(why or ended.exit_reason or "it ended without a result")
    if said.ending == "exhausted":
        raise ReaderError(f"it takes more than {limits.reading_memory_bytes / MIB:.0f} MiB of memory")
    if said.ending != "returned":
        failure = said.failure or Failure("", "it did not come to its end")
        where = ", ".join(f"{frame.file}, line {frame.line}" for frame in failure.frames[-1:])
        raise OurFaultError(f"{failure.kind}: {failure.message} ({where})")
    return said


def _next(process: Process, due: _Due, budget: Budget, limits: Mapping[str, float], most_bytes: int) -> Observation:
    seconds = min(due.seconds + GRACE_SECONDS, max(budget.left, LEAST_SECONDS))
    began = time.monotonic()
    try:
        observation = process.receive(seconds, most_bytes, budget.by_the_clock)
    except TimeoutError:
        alone = seconds > due.seconds and budget.by_the_clock > time.monotonic() - began
        return due.died(f"{due.what} ran past the limit of {due.seconds:g} s" if alone else budget.late)
    except WireError as error:
        return due.died(f"the process wrote something that is no result ({error})")
    except DiskFullError:
        return due.died(f"wrote more than {limits['scratch_bytes'] / MIB:.0f} MiB in all, or too many files")
    finally:
        budget.charge(process.deadline.charged(), time.monotonic() - began)
    if observation is None:
        ended = process.end()
        if ended.lost:
            raise LostError(ended.exit_reason)
        if ended.out_of_time or ended.cpu_seconds >= limits["cpu_seconds"]:
            return due.died(f"the process ran past {limits['cpu_seconds']} s of CPU time")
        return due.died(ended.exit_reason or "the process closed its channel before there was a result")
    if (observation.check, observation.draw) != (due.check, due.draw) or observation.ending in OURS:
        return due.died("the process wrote something that is no result (not of this check)")
    return observation
