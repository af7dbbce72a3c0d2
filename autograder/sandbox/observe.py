"""Where student code runs, as the grader sees it.

``Sandbox.observe`` runs an implementation through checks and returns one observation for each draw. It never fails for
what the implementation does: a process that dies, hangs or answers nonsense is an observation too, of that check alone,
and the checks after it run in a new process.

Which process this is, which others there are, and what passes between them is told where the package begins.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np

from autograder.authoring import Check
from autograder.codes import Code
from autograder.course.problem import Implementation, Problem
from autograder.sandbox.enforced import LAYERS, Enforced
from autograder.sandbox.process import START_SECONDS, Process, SandboxError, Started
from autograder.sandbox.runs import DiskFullError, Forked, Loader, Server
from autograder.seed import Seed
from autograder.wire import Failure, Observation, Part, WireError
from autograder.worker.job import CallJob, Content, Job, NotebookJob, ProbeJob, compiled, entry_point
from autograder.worker.limits import MIB, Limits
from autograder.worker.reader import ASKED, RETURNED, Function

__all__ = ["OurFaultError", "ReaderError", "Sandbox", "SandboxError"]

# What only this module, and a process without student code in it, may say.
OURS = frozenset({"faulty", "died", "unstarted"})
# What a reader may say before it must have come to its end.
MOST_MESSAGES = 25_000
# What an array takes beside its entries.
ARRAY_BYTES = 256
# By the clock a module takes this many times its seconds, however busy the machine: what computes a little and sleeps
# looks as if others took the processor from it.
BY_THE_CLOCK = 2
# However little is left, seconds.
LEAST_SECONDS = 0.1
# Outputs of all of a notebook's cells that are kept.
NOTEBOOK_BYTES = 64 * MIB

# An answer to a reader's question, in parts, and a file's descriptor with it where it asked for one.
Answer = tuple[Sequence[Part], int | None]
# What a server has loaded, the folders that its runs may read, and the seed of its hashes.
_Key = tuple[tuple[str, ...], tuple[str, ...], int]


class LostError(Exception):
    """The server that a run was forked from is gone, and the run with it."""


class UnstartedError(Exception):
    """Nothing could be run: the observation that says so, the run's own if there is one."""

    def __init__(self, why: str, said: Observation | None = None) -> None:
        super().__init__(why)
        self.observation = said or Observation("", 0, "unstarted", failure=Failure("", why))


class ReaderError(Exception):
    """A reader has passed a limit, or has died: the fault of what it read. The message says why, as a clause."""


class OurFaultError(Exception):
    """A reader failed, or could not be had: ours. The message says how, as a clause; the code is one of ours."""

    def __init__(self, why: str, code: Code = Code.FAULTY_GRADER) -> None:
        super().__init__(why)
        self.code = code


@dataclass
class Left:
    """The seconds that a module's draws may still take, and when they must have come to their end by the clock."""

    seconds: float
    ends: float

    @property
    def of_the_clock(self) -> float:
        """Seconds until then."""
        return max(self.ends - time.monotonic(), 0.0)


class Sandbox:
    """Runs implementations, each run in a process of its own.

    Parameters
    ----------
    warm : bool
        Fork runs, confined, from a server that has the libraries loaded; otherwise start each run afresh, on any system
        and with the rights of whoever asks: for students' checks of their own code.
    layers : sequence of str
        The layers of confinement to use; all that the machine has, by default.
    weak : bool
        Run even where a promise is not enforced.
    python, blas_threads : str, int
        For runs that are started afresh: the interpreter, and on how many threads its libraries compute.
    loader : Loader, optional
        Where servers are ordered, one of its own by default. Whoever gives one closes it.
    told : callable, optional
        Is told of each observation as soon as it is there, for whoever waits.
    """

    def __init__(
        self,
        *,
        warm: bool = True,
        layers: Sequence[str] = LAYERS,
        weak: bool = False,
        python: str = sys.executable,
        blas_threads: int = 1,
        loader: Loader | None = None,
        told: Callable[[Observation], object] = lambda _: None,
    ) -> None:
        self._warm = warm
        self._python = python
        self._blas_threads = blas_threads
        self._told = told
        self._loader = loader or Loader()
        self._own_loader = loader is None
        self._layers = tuple(layers)
        self._weak = weak
        self._servers: dict[_Key, Server] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the servers."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        if self._own_loader:
            self._loader.close()

    def enforced(self) -> Enforced:
        """What confinement holds on this machine.

        Raises
        ------
        SandboxError
            If no server starts.
        """
        try:
            server = Server(self._loader, (), (), self._layers)
        except OSError as error:
            raise SandboxError(f"no process for student code could be started on this machine: {error}") from None
        server.close()
        return server.enforced

    def observe(
        self, problem: Problem, implementation: Implementation, seed: Seed, checks: Sequence[Check] | None = None
    ) -> list[Observation]:
        """What the checks show of an implementation, a draw at a time.

        A check whose process dies has one observation, of the draw it died in; its other draws are not tried.
        """
        pending = [
            (check, draw) for check in (problem.checks if checks is None else checks) for draw in range(check.draws)
        ]
        files = {**implementation.files, **{path.name: path.read_bytes() for path in problem.files.given}}
        seen: list[Observation] = []
        most = BY_THE_CLOCK * problem.limits.module_seconds
        left = Left(problem.limits.module_seconds, time.monotonic() + most)
        while pending:
            job = ProbeJob(
                module=problem.name,
                page=problem.page.text,
                given=tuple(path.stem for path in problem.files.given),
                allowed_imports=problem.allowed_imports,
                draws=tuple((check.name, draw, seed.of_draw(problem.id, check.name, draw)) for check, draw in pending),
                data={name: str(path) for name, path in problem.files.data.items()},
                limits=asdict(problem.limits),
                files=files,
                measured=implementation.measured,
                compiled=compiled(problem.page.text) if self._warm else "",
            )
            self._run(problem, job, pending, seen, left)
        return seen

    def _run(
        self, problem: Problem, job: ProbeJob, pending: list[tuple[Check, int]], seen: list[Observation], left: Left
    ) -> None:
        """Run what is pending in one process, as far as it gets; what has been observed is no longer pending.

        A run whose server was lost is repeated, once: a second loss is taken for the work of what ran.
        """
        whole, before = list(pending), len(seen)
        try:
            self._attempt(problem, job, pending, seen, left, last=False)
        except LostError:
            pending[:] = whole
            del seen[before:]
            self._attempt(problem, job, pending, seen, left, last=True)

    def _attempt(
        self,
        problem: Problem,
        job: ProbeJob,
        pending: list[tuple[Check, int]],
        seen: list[Observation],
        left: Left,
        *,
        last: bool,
    ) -> None:
        limits = problem.limits
        if left.seconds <= 0 or not left.of_the_clock:
            why = f"it was not run: the checks before it had used up the module's {limits.module_seconds:g} s"
            seen += _all(pending, _died("", 0, why))
            return
        try:
            with self._ready(_server_of(problem, job), job, last=last) as process:

                def due(check: str, draw: int, seconds: float, what: str) -> Observation:
                    late = f"{what} ran past the limit of {seconds:g} s"
                    if seconds >= left.seconds:
                        late = f"all checks together ran past the limit of {limits.module_seconds:g} s"
                        seconds = max(left.seconds, LEAST_SECONDS)
                    most = limits.returned_bytes, left.of_the_clock
                    observation = _next(process, check, draw, seconds, late, limits, most, last=last)
                    left.seconds -= process.charged
                    return observation

                imported = due("", 0, limits.import_seconds, "the import of the module")
                if imported.ending != "returned":
                    seen += _all(pending, imported)
                    return
                output = imported.output  # what the import printed is told with what came after it
                while pending:
                    check, draw = pending.pop(0)
                    observation = due(check.name, draw, check.wall_seconds or limits.wall_seconds, "this check")
                    seen.append(replace(observation, output=output + observation.output))
                    output = ""
                    _bound(seen, limits.module_bytes)
                    self._told(seen[-1])
                    if observation.ending == "died":
                        pending[:] = [item for item in pending if item[0] is not check]
                        break
        except UnstartedError as error:
            seen += _all(pending, error.observation)

    def run_cells(self, problem: Problem, job: NotebookJob, seconds: float) -> Iterator[Observation]:
        """One run of a notebook's cells, as far as it gets.

        Parameters
        ----------
        seconds : float
            For all cells together, > 0; a cell has no more than the problem's ``cell_seconds`` of it.

        Yields
        ------
        Observation
            One for each cell, as soon as it has run. Where the last of these "died", the cells after it were not run;
            otherwise one more follows. Where nothing could be run, one that says why.
        """
        yielded = 0
        for last in (False, True):
            try:
                # What came of a server before it was lost has been told, and comes again.
                for observation in itertools.islice(
                    self._attempt_cells(problem, job, seconds, last=last), yielded, None
                ):
                    yielded += 1
                    yield observation
            except LostError:
                continue
            return

    def _attempt_cells(
        self, problem: Problem, job: NotebookJob, seconds: float, *, last: bool
    ) -> Iterator[Observation]:
        limits = problem.limits
        ends = time.monotonic() + seconds
        room = NOTEBOOK_BYTES
        # A character of an output has at most four bytes. What is longer was not put together by our side of the run.
        most_bytes = 4 * limits.cell_bytes + MIB + limits.returned_bytes
        try:
            with self._ready(_server_of(problem, job), job, last=last) as process:
                for number, (label, _) in enumerate((*job.cells, ("", ""))):
                    left = min(limits.cell_seconds, max(ends - time.monotonic(), LEAST_SECONDS))
                    late = f"this cell ran past the limit of {limits.cell_seconds:g} s"
                    if left < limits.cell_seconds:
                        late = f"the notebook ran past the limit of {limits.notebook_seconds:g} s"
                    if label and time.monotonic() >= ends:
                        # However little each of thousands of cells takes.
                        yield _died(label, number, late)
                        break
                    most = most_bytes, max(ends - time.monotonic(), LEAST_SECONDS)
                    observation = _next(process, label, number, left, late, limits, most, last=last)
                    if label:
                        # What a run says of itself is not kept without end, however many cells it has.
                        size = _size(observation)
                        observation = observation if size <= room else replace(observation, values={})
                        room -= min(size, room)
                    yield observation
                    if observation.ending == "died":
                        break
        except UnstartedError as error:
            yield error.observation

    def call(
        self,
        function: Function,
        files: Mapping[str, bytes | Content],
        limits: Limits,
        answer: Callable[[bytes], Iterable[Answer]] = lambda _: (),
    ) -> Iterator[bytes]:
        """Call a function of ours on a student's bytes, in a reader: a process confined as runs are.

        Parameters
        ----------
        function : callable
            At the top of a module of ours; its process loads that module and no other.
        files : mapping of str to bytes or Content
            What it works on.
        answer : callable
            Answers what it asks.

        Yields
        ------
        bytes
            What it returns, part by part: as a process says it that strangers' bytes may have misled.

        Raises
        ------
        ReaderError
            If it has passed a limit, or has died: the bytes' own fault.
        OurFaultError
            If it has raised, or could not be started.
        """
        bounds = {
            **asdict(limits),
            "cpu_seconds": limits.reading_seconds,
            "memory_bytes": limits.reading_memory_bytes,
        }
        job = CallJob(entry_point(function), bounds, files)
        for last in (False, True):
            told = False
            try:
                for part in self._attempt_call(job, limits, answer, last=last):
                    told = True
                    yield part
            except LostError:
                if told:
                    raise OurFaultError("the process that reads was lost") from None
                continue
            except UnstartedError as error:
                raise OurFaultError(f"nothing could be read: {error}", Code.NO_SANDBOX) from None
            return

    def _attempt_call(
        self, job: CallJob, limits: Limits, answer: Callable[[bytes], Iterable[Answer]], *, last: bool
    ) -> Iterator[bytes]:
        mib = limits.reading_memory_bytes / MIB
        with self._ready(_server_of(None, job), job, last=last) as process:
            assert isinstance(process, Forked)  # noqa: S101  calls have no other processes
            for _ in range(MOST_MESSAGES):
                try:
                    said = process.receive(float(limits.reading_seconds))
                except (TimeoutError, WireError, DiskFullError) as error:
                    raise ReaderError(_why_ended(process, limits) or f"it was ended: {error}") from None
                if said is None:
                    ended = process.end()
                    if ended.lost and not last:
                        raise LostError
                    raise ReaderError(_why_ended(process, limits) or ended.how or "it ended without a result")
                if said.ending == "exhausted":
                    raise ReaderError(f"it takes more than {mib:.0f} MiB of memory")
                if said.ending != "returned":
                    raise OurFaultError(_told(said.failure))
                content = said.values.get(said.check)
                if said.check == ASKED and isinstance(content, np.ndarray):
                    for one in answer(content.tobytes()):
                        process.answer(*one)
                elif said.check == RETURNED and isinstance(content, np.ndarray):
                    yield content.tobytes()
                else:
                    return
        raise ReaderError("it says too much")

    @contextmanager
    def _ready(self, key: _Key, job: Job, *, last: bool) -> Iterator[Process]:
        """A process that is about to do what it is told, ended afterwards.

        Raises
        ------
        UnstartedError
            If nothing could be run, or there is no sign of life any more.
        LostError
            If its server is gone, and this was not the last attempt.
        """
        try:
            process = self._start(key, job)
        except (OSError, SandboxError) as error:
            raise UnstartedError(str(error)) from None
        try:
            # No student code has run yet: this message, and no later one, may say that the fault is ours.
            ready = process.receive(START_SECONDS)
            if ready is None or ready.ending != "returned":
                if process.end().lost and not last:
                    raise LostError
                raise UnstartedError(process.end().how, ready)
            yield process
        except (TimeoutError, WireError, DiskFullError) as error:
            raise UnstartedError(f"no sign of life: {error}") from None
        finally:
            process.end()

    def _start(self, key: _Key, job: Job) -> Process:
        if not self._warm:
            if not isinstance(job, ProbeJob):
                raise SandboxError("notebooks and readers are forked from warm servers; this sandbox has none")
            return Started(job, self._python, self._blas_threads)
        server = self._servers.get(key)
        if server is not None and server.worn:
            server.close()
            server = None
        server = server or self._serve(key)
        try:
            return server.fork(job)
        except OSError:
            # A wounded server is replaced, once; a second failure is the caller's to report.
            server.close()
            return self._serve(key).fork(job)

    def _serve(self, key: _Key) -> Server:
        preload, visible, hash_seed = key
        server = self._servers[key] = Server(self._loader, preload, visible, self._layers, hash_seed)
        if server.enforced.lacks and not self._weak:
            raise SandboxError(f"student code can't be confined on this machine: {'; '.join(server.enforced.lacks)}")
        return server


def _server_of(problem: Problem | None, job: Job) -> _Key:
    """The server that a job's run is forked from."""
    if isinstance(job, CallJob):
        return ((job.function.partition(":")[0],), (), 0)
    assert problem is not None  # noqa: S101  for mypy: a call alone has none
    visible = tuple(sorted({str(path.parent) for path in problem.files.data.values()}))
    # A fork pays for all that its parent has loaded: load what the submission names, and no more.
    texts = [content for content in job.files.values() if isinstance(content, bytes)]
    if isinstance(job, ProbeJob):
        texts.append(job.page.encode())
    else:
        texts += [source.encode() for _, source in job.cells]
    named = tuple(name for name in problem.preload if any(name.partition(".")[0].encode() in text for text in texts))
    if isinstance(job, NotebookJob):
        # What a notebook shows abroad, it shows with other hashes, and so with sets in another order.
        return ((*named, job.kernel), visible, job.seed)
    return (named, visible, 0)


def _size(observation: Observation) -> int:
    """The bytes that an observation's values take, their names among them: as objects, however little they hold."""
    return sum(
        sys.getsizeof(name) + (sys.getsizeof(value) if isinstance(value, str) else value.nbytes + ARRAY_BYTES)
        for name, value in observation.values.items()
    )


def _bound(seen: list[Observation], most_bytes: int) -> None:
    """Forget what the check has returned that has returned most, where all of them have returned too much."""
    sizes: Counter[str] = Counter()
    for observation in seen:
        sizes[observation.check] += _size(observation)
    if sizes.total() > most_bytes:
        largest, _ = sizes.most_common(1)[0]
        said = Failure("", f"what came back in all is larger than {most_bytes / MIB:.0f} MiB")
        seen[:] = [
            replace(one, ending="exhausted", values={}, failure=said) if one.check == largest else one for one in seen
        ]


def _why_ended(process: Process, limits: Limits) -> str:
    """Which limit of time a reader has passed; "" if none."""
    ended = process.end()
    if ended.out_of_time or ended.cpu_seconds >= limits.reading_seconds or process.charged >= limits.reading_seconds:
        return f"it takes more than {limits.reading_seconds} s"
    return ""


def _told(failure: Failure | None) -> str:
    """An exception of ours, and where it came from."""
    if failure is None:
        return "it did not come to its end"
    where = ", ".join(f"{frame.file}, line {frame.line}" for frame in failure.frames[-1:])
    return f"{failure.kind}: {failure.message} ({where})"


def _next(
    process: Process,
    check: str,
    draw: int,
    seconds: float,
    late: str,
    limits: Limits,
    most: tuple[int, float],
    *,
    last: bool,
) -> Observation:
    """The observation that is due, of `most` bytes and after `most` seconds; or the one that says why there is none."""
    try:
        observation = process.receive(seconds, *most)
    except TimeoutError:
        return _died(check, draw, late)
    except WireError as error:
        return _died(check, draw, f"the process wrote something that is no result ({error})")
    except DiskFullError:
        return _died(check, draw, f"wrote more than {limits.scratch_bytes / MIB:.0f} MiB in all, or too many files")
    if observation is None:
        ended = process.end()
        if ended.lost and not last:
            raise LostError
        if ended.out_of_time or ended.cpu_seconds >= limits.cpu_seconds:
            return _died(check, draw, f"the process ran past {limits.cpu_seconds} s of CPU time")
        return _died(check, draw, ended.how or "the process closed its channel before there was a result")
    if (observation.check, observation.draw) != (check, draw) or observation.ending in OURS:
        return _died(check, draw, "the process wrote something that is no result (not of this check)")
    return observation


def _died(check: str, draw: int, message: str) -> Observation:
    return Observation(check, draw, "died", failure=Failure("", message))


def _all(pending: list[tuple[Check, int]], cause: Observation) -> list[Observation]:
    """The same observation for every pending check: what kept the module from being probed at all."""
    checks = dict.fromkeys(check for check, _ in pending)
    pending.clear()
    return [Observation(check.name, 0, cause.ending, failure=cause.failure, output=cause.output) for check in checks]
