"""Where student code runs, as the grader sees it.

``Sandbox.observe`` runs an implementation through checks and returns one observation for each draw. It never fails for
what the implementation does: a process that dies, hangs or answers nonsense is an observation too, of that check alone,
and the checks after it run in a new process.

Which process this is, which others there are, and what passes between them is told where the package begins.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from types import TracebackType
from typing import Self

from autograder.course.problem import Implementation, Problem
from autograder.probe import Check, entropy
from autograder.sandbox.confine import LAYERS
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.process import START_SECONDS, Process, SandboxError, Started
from autograder.sandbox.warm import DiskFullError, Enforced, Loader, Server
from autograder.wire import Failure, Observation, WireError
from autograder.worker.job import Job, compiled

__all__ = ["Enforced", "Sandbox", "SandboxError"]

# What only this module, and a process without student code in it, may say.
OURS = frozenset({"faulty", "died", "unstarted"})
# What the server of a notebook's runs loads besides.
NOTEBOOK = ("matplotlib.pyplot", "autograder.notebook.shell")
# Outputs of all of a notebook's cells that are kept.
NOTEBOOK_BYTES = 64 * MIB


# What a server has loaded, the folders that its runs may read, and the seed of its hashes.
_Key = tuple[tuple[str, ...], tuple[str, ...], int]


class LostError(Exception):
    """The server that a run was forked from is gone, and the run with it."""


class UnstartedError(Exception):
    """Nothing could be run: the observation that says so, the run's own if there is one."""

    def __init__(self, why: str, said: Observation | None = None) -> None:
        super().__init__(why)
        self.observation = said or Observation("", 0, "unstarted", failure=Failure("", why))


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
        server = Server(self._loader, (), (), self._layers)
        server.close()
        return server.enforced

    def observe(
        self, problem: Problem, implementation: Implementation, seed: int, checks: Sequence[Check] | None = None
    ) -> list[Observation]:
        """What the checks show of an implementation, a draw at a time.

        A check whose process dies has one observation, of the draw it died in; its other draws are not tried.
        """
        pending = [(check, draw) for check in (checks or problem.checks) for draw in range(check.draws)]
        files = {**implementation.files, **{path.name: path.read_bytes() for path in problem.given}}
        seen: list[Observation] = []
        while pending:
            job = Job(
                module=problem.name,
                page=problem.page_text,
                given=tuple(path.stem for path in problem.given),
                allowed_imports=problem.allowed_imports,
                draws=tuple((check.name, draw, entropy(seed, check.name, draw)) for check, draw in pending),
                data={name: str(path) for name, path in problem.data.items()},
                limits=asdict(problem.limits),
                files=files,
                measured=implementation.measured,
                compiled=compiled(problem.page_text) if self._warm else "",
            )
            seen += self._run(problem, job, pending)
        return seen

    def _run(self, problem: Problem, job: Job, pending: list[tuple[Check, int]]) -> list[Observation]:
        """Run what is pending in one process, as far as it gets; what has been observed is no longer pending.

        A run whose server was lost is repeated, once: a second loss is taken for the work of what ran.
        """
        whole = list(pending)
        try:
            return self._attempt(problem, job, pending, last=False)
        except LostError:
            pending[:] = whole
            return self._attempt(problem, job, pending, last=True)

    def _attempt(
        self, problem: Problem, job: Job, pending: list[tuple[Check, int]], *, last: bool
    ) -> list[Observation]:
        limits = problem.limits
        seen: list[Observation] = []
        try:
            with self._ready(problem, job, last=last) as process:
                imported = _next(process, "", 0, limits.import_seconds, "the import of the module", limits, last=last)
                if imported.ending != "returned":
                    return _all(pending, imported)
                while pending:
                    check, draw = pending.pop(0)
                    seconds = check.wall_seconds or limits.wall_seconds
                    observation = _next(process, check.name, draw, seconds, "this check", limits, last=last)
                    if not seen:  # what the import printed is told with what came after it
                        observation = replace(observation, output=imported.output + observation.output)
                    seen.append(observation)
                    self._told(observation)
                    if observation.ending == "died":
                        pending[:] = [item for item in pending if item[0] is not check]
                        break
        except UnstartedError as error:
            return _all(pending, error.observation)
        return seen

    def run_cells(self, problem: Problem, job: Job, seconds: float) -> list[Observation]:
        """What one run of a notebook's cells shows, as far as it gets.

        Parameters
        ----------
        seconds : float
            For all cells together, > 0; a cell has no more than the problem's ``cell_seconds`` of it.

        Returns
        -------
        list of Observation
            One for each cell. Where the last of these "died", the cells after it were not run; otherwise what was asked
            for of the notebook's variables follows. Where nothing could be run, one that says why.
        """
        try:
            return self._attempt_cells(problem, job, seconds, last=False)
        except LostError:
            return self._attempt_cells(problem, job, seconds, last=True)

    def _attempt_cells(self, problem: Problem, job: Job, seconds: float, *, last: bool) -> list[Observation]:
        ends = time.monotonic() + seconds
        room = NOTEBOOK_BYTES
        seen: list[Observation] = []
        try:
            with self._ready(problem, job, last=last) as process:
                for number, (label, _) in enumerate((*job.cells, ("", ""))):
                    left = min(problem.limits.cell_seconds, max(ends - time.monotonic(), 0.1))
                    what = "this cell" if left == problem.limits.cell_seconds else "the notebook"
                    observation = _next(process, label, number, left, what, problem.limits, last=last)
                    if label:
                        # What a run says of itself is not kept without end, however many cells it has.
                        size = sum(value.nbytes for value in observation.values.values() if not isinstance(value, str))
                        observation = observation if size <= room else replace(observation, values={})
                        room -= min(size, room)
                    seen.append(observation)
                    if observation.ending == "died":
                        break
        except UnstartedError as error:
            return [error.observation]
        return seen

    @contextmanager
    def _ready(self, problem: Problem, job: Job, *, last: bool) -> Iterator[Process]:
        """A process that is about to run a job, ended afterwards.

        Raises
        ------
        UnstartedError
            If nothing could be run, or there is no sign of life any more.
        LostError
            If its server is gone, and this was not the last attempt.
        """
        try:
            process = self._start(problem, job)
        except (OSError, SandboxError) as error:
            raise UnstartedError(str(error)) from None
        try:
            # No student code has run yet: this message, and no later one, may say that the fault is ours.
            ready = process.receive(START_SECONDS)
            if ready is None and process.end().lost and not last:
                raise LostError
            if ready is None or ready.ending != "returned":
                raise UnstartedError(process.end().how, ready)
            yield process
        except (TimeoutError, WireError, DiskFullError) as error:
            raise UnstartedError(f"no sign of life: {error}") from None
        finally:
            process.end()

    def _start(self, problem: Problem, job: Job) -> Process:
        if not self._warm:
            return Started(job, self._python, self._blas_threads)
        visible = tuple(sorted({str(path.parent) for path in problem.data.values()}))
        # A fork pays for all that its parent has loaded: load what the submission names, and no more.
        text = b"".join((job.page.encode(), *job.files.values(), *(source.encode() for _, source in job.cells)))
        named = tuple(name for name in problem.preload if name.partition(".")[0].encode() in text)
        # What a notebook shows abroad, it shows with other hashes, and so with sets in another order.
        key = ((*named, *NOTEBOOK * bool(job.cells)), visible, job.seed)
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


def _next(
    process: Process, check: str, draw: int, seconds: float, what: str, limits: Limits, *, last: bool
) -> Observation:
    """The observation that is due, or the one that says why there is none."""
    try:
        observation = process.receive(seconds)
    except TimeoutError:
        return _died(check, draw, f"{what} ran past the limit of {seconds:g} s")
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
