"""The command's connection to a cluster: connect, check its machines, send it work."""

from __future__ import annotations

import logging
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import dask
import distributed
import msgspec
from distributed.comm.addressing import get_address_host_port
from distributed.scheduler import KilledWorker

from autograder.cluster.machines import (
    SAME,
    ClusterError,
    MachineInfo,
    describe_scheduler,
    describe_worker,
    incompatibility,
    packages_of,
)
from autograder.cluster.payload import pack
from autograder.cluster.worker import PayloadWorker, Result, grade_there
from autograder.codes import Code
from autograder.course.problem import Problem
from autograder.gradebook.dependencies import environment, versions
from autograder.gradebook.executors import TELL_SECONDS, Executor, Finished, Waits, Work
from autograder.gradebook.grading import Grader

# A dask task whose result is bytes.
Remote: TypeAlias = "distributed.Future[bytes]"

CONNECT_SECONDS = 10
WORKER_SECONDS = 60
# Seconds between two counts of the cluster's threads.
COUNT_SECONDS = 1.0
# Most retries of a task that raised, as ours do when a disk is full or a server doesn't start.
RETRIES = 2
# Tasks per thread of the cluster, sent ahead so that no thread waits for a message.
AHEAD = 3


class Cluster:
    """A cluster whose workers have been checked.

    Attributes
    ----------
    lacks : tuple of str
        Guarantees about student code that some worker doesn't enforce, a clause each.
    """

    def __init__(
        self, client: distributed.Client, address: str, expected: MachineInfo, private: tuple[str, ...]
    ) -> None:
        self._client = client
        self._address = address
        self._private = private
        self._expected = expected
        self.lacks = expected.lacks

    def threads(self) -> int:
        """The number of submissions graded at a time, with the present workers."""
        return sum(self._client.nthreads().values())

    def executor(self, grader: Grader, waits: Waits = lambda _: None) -> Executor:
        """Grade on the cluster's workers, as many submissions at a time as they have threads."""

        def execute(work: Iterable[Work]) -> Finished:
            mark = uuid.uuid4().hex
            # Dask warns about large data, which may be sent often; the payload is sent once.
            with self._reached(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
                payload = pack(grader, self._expected, self._private)
                worker = self._client.submit(PayloadWorker, payload, key=f"autograder-worker-{mark}")
            running: dict[Remote, Work] = {}
            room, counted = 0, 0.0

            def finished() -> Finished:
                since = time.monotonic()
                while not self._is_any_finished(running):
                    # The first task that was sent: others may wait for it.
                    waits([(next(iter(running.values())).submission.student, time.monotonic() - since)])
                yield from self._finished(running, grader)

            try:
                for piece in work:
                    if not piece.ids:
                        yield piece, ()
                        continue
                    with self._reached():
                        running[self._send(worker, grader, piece, f"autograder-grade-{mark}-{piece.position}")] = piece
                        if time.monotonic() - counted > COUNT_SECONDS:  # workers come and go
                            room, counted = AHEAD * self.threads(), time.monotonic()
                    if len(running) > room:
                        yield from finished()
                while running:
                    yield from finished()
            finally:
                with suppress(OSError, RuntimeError, CancelledError):
                    self._client.cancel(list(running))

        return execute

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (CancelledError, OSError, RuntimeError):
            raise ClusterError(
                f"the scheduler at {self._address} was lost; what was graded is kept: give the same command again"
            ) from None

    def _send(self, worker: distributed.Future[PayloadWorker], grader: Grader, piece: Work, key: str) -> Remote:
        # Notebooks are large, and most are not graded.
        graded = {problem.notebook_file for problem in grader.problems if problem.id in grader.rubrics}
        files = {
            name: content
            for name, content in piece.submission.files.items()
            if not name.endswith(".ipynb") or name in graded
        }
        submission = msgspec.msgpack.encode(replace(piece.submission, files=files, extra=()))
        return self._client.submit(grade_there, worker, submission, piece.ids, key=key, retries=RETRIES)

    def _is_any_finished(self, running: Iterable[Remote]) -> bool:
        with self._reached(), self._client.as_current():
            try:
                distributed.wait(list(running), TELL_SECONDS, return_when="FIRST_COMPLETED")
            except TimeoutError:
                return False
        return True

    def _finished(self, running: dict[Remote, Work], grader: Grader) -> Finished:
        ready = sorted((future for future in running if future.done()), key=lambda future: running[future].position)
        for future, outcome in zip(ready, self._outcomes(ready), strict=True):
            piece = running.pop(future)
            if isinstance(outcome, Exception):
                message = f"the code could not be run: {_why(outcome)}"
                yield piece, tuple(grader.unjudged(name, Code.NO_SANDBOX, message) for name in piece.ids)
                continue
            result = msgspec.msgpack.decode(outcome, type=Result)
            if result.refused:
                raise ClusterError(result.refused)
            yield piece, result.graded

    def _outcomes(self, futures: Sequence[Remote]) -> list[bytes | Exception]:
        try:
            return list(self._client.gather(list(futures)))  # in one message, if none has raised
        except Exception:  # noqa: BLE001  whatever one of them has raised, elsewhere
            return [self._outcome(future) for future in futures]

    def _outcome(self, future: Remote) -> bytes | Exception:
        try:
            outcome: bytes = future.result()
        except CancelledError:
            with self._reached():
                raise
        except (ImportError, AttributeError) as error:
            raise ClusterError(f"a worker can't load the engine ({error}); {SAME}") from None
        except Exception as error:  # noqa: BLE001  a submission ends here; it is pending, and is tried again
            return error
        return outcome


def _why(error: Exception) -> str:
    if isinstance(error, KilledWorker):
        return "each worker that was to do it was lost"
    return f"{type(error).__name__}: {error}"


@contextmanager
def connect(
    address: str, problems: Sequence[Problem], *, private: Iterable[Path] = (), weak: bool = False
) -> Iterator[Cluster]:
    """Connect to the cluster of the scheduler at an address like ``tcp://host:8786``, for these problems.

    Parameters
    ----------
    private : iterable of Path
        Folders that no run may see, beside the problems', where a worker has them too: the submissions, the reports.
    weak : bool
        Accept workers that can't confine student code.

    Raises
    ------
    ClusterError
        If no scheduler answers, no worker comes, or one that is there is incompatible.
    """
    # Our own messages report what matters.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get("ssl_context"):
        raise ClusterError(
            f"{address} wants a certificate; name yours in Dask's configuration, under distributed.comm.tls "
            "(docs/clusters.md)"
        )
    try:
        # Fails at once if the connection is refused; dask would go on trying.
        socket.create_connection(get_address_host_port(address), CONNECT_SECONDS).close()
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no scheduler answers at {address} ({error}); start one with `dask scheduler`, "
            "and name the address that it prints"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, WORKER_SECONDS)
        except TimeoutError:
            raise ClusterError(
                f"{address} has no worker, and none came in {WORKER_SECONDS} s; start some with `dask worker {address}`"
            ) from None
        kept = dict.fromkeys(str(path.resolve()) for path in (*(problem.folder for problem in problems), *private))
        expected = _expected(client, packages_of(problems), tuple(kept), weak=weak)
        yield Cluster(client, address, expected, tuple(kept))


def _expected(
    client: distributed.Client, packages: tuple[str, ...], private: tuple[str, ...], *, weak: bool
) -> MachineInfo:
    """The machine info that every worker must have: this machine's versions, and what the present workers enforce."""
    # The scheduler reads tasks, and so imports the modules they name.
    scheduler = _said(client.run_on_scheduler, describe_scheduler, packages)
    said = {"the scheduler": scheduler} | {
        f"the worker {worker}": one
        for worker, one in client.run(describe_worker, packages, private, on_error="return").items()
        if not isinstance(one, OSError)  # just lost; if it comes back, it compares its machine itself
    }
    for who, one in said.items():
        if isinstance(one, BaseException):
            raise ClusterError(f"{who} can't load the engine ({type(one).__name__}: {one}); {SAME}")
    workers = {who: msgspec.json.decode(one, type=MachineInfo) for who, one in said.items()}
    here = MachineInfo(versions(packages))
    sentences = [incompatibility("the scheduler", workers.pop("the scheduler"), here, weak=weak)]
    lacks = dict.fromkeys(clause for there in workers.values() for clause in there.lacks)
    expected = MachineInfo(environment(packages), tuple(lacks) if weak else ())
    sentences += [incompatibility(who, there, expected, weak=weak) for who, there in workers.items()]
    for sentence in filter(None, sentences):
        raise ClusterError(sentence)
    return expected


def _said(ask: Callable[..., Any], *words: object) -> Any:
    try:
        return ask(*words)
    except Exception as error:  # noqa: BLE001  whatever it was, of another's
        return error
