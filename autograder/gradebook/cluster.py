"""Desks on other machines: the same work, sent to the workers of a dask.distributed cluster.

What travels
------------

A dask worker process is a *grader*: it holds answers and judges, and student code runs where it always does, in
confined runs that are forked from the servers that this grader has started on its own machine.

The *parcel* travels once for each dask worker: the check pages and predicates, the handed-out modules, the data, the
seeds, and the answers; neither the reference nor a known mistake, which were observed on the machine where the command
was given. The modules of a submission travel with its task, the reports come back as its result, and nobody but the
command writes to the store. So a task can be run twice, on any worker, and nothing is lost with one.

The engine does not travel. It is installed on each worker, as the packages are that results depend on as much; what is
there is compared with what is here before the first submission, and again by each worker for itself, for one may join
later. One that differs is refused, as is one that can't confine student code as promised.

Answers are in the memory of a worker and of the scheduler, and nowhere on a disk that runs see. The ports that they
listen on can't be reached from a run.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import platform
import socket
import tempfile
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import dask
import distributed
import msgspec
from distributed.comm.addressing import get_address_host_port
from distributed.scheduler import KilledWorker

from autograder import codes
from autograder.answers import from_bytes, to_bytes
from autograder.gradebook.desks import Desks, Finished, Work, sandboxes
from autograder.gradebook.grader import Graded, Grader
from autograder.gradebook.store import engine_digest
from autograder.notebook.grade import sheet_of
from autograder.problem import Problem
from autograder.sandbox.confine import remove
from autograder.sandbox.limits import Limits
from autograder.sandbox.observe import Sandbox, SandboxError
from autograder.sandbox.process import exposed
from autograder.submissions.reading import Submission

# A task of dask's, of which bytes come.
Remote: TypeAlias = "distributed.Future[bytes]"

CONNECT_SECONDS = 10
WORKER_SECONDS = 60
# How often the cluster is asked how many threads it has.
COUNT_SECONDS = 1.0
# Of a task that raised, which ours do where a disk is full or a server doesn't start.
RETRIES = 2
# Of a problem's folder, what judges.
OWN_FILES = ("checks.py", "expect.py", "model.py", "figures.toml")
_THREADS = "OPENBLAS_NUM_THREADS"
_SAME = "give all machines the same environment and engine (docs/clusters.md)"
# Tasks sent ahead, for each thread of the cluster: none waits for a message to go to and fro.
AHEAD = 3


class ClusterError(SandboxError):
    """The cluster can't be used; the message says why and what to do."""


class Here(msgspec.Struct, frozen=True):
    """A machine, as far as results depend on it.

    Attributes
    ----------
    versions : mapping of str to str
        Of the engine, the interpreter, the packages, by name.
    lacks : tuple of str
        What is promised of student code and not enforced there, a clause each.
    """

    versions: dict[str, str]
    lacks: tuple[str, ...] = ()


class SentProblem(msgspec.Struct, frozen=True):
    """A problem without its folder: files by their names in the parcel; numbers that may be of any size as text."""

    assignment: str
    name: str
    title: str
    points: float
    allowed_imports: tuple[str, ...]
    preload: tuple[str, ...]
    given: tuple[str, ...]
    data: tuple[str, ...]
    limits: Limits
    seed: str
    notebook_points: float
    answers: bytes


class Parcel(msgspec.Struct, frozen=True):
    """What a worker needs before it grades: problems with their answers, files by path, and what it must be like."""

    problems: tuple[SentProblem, ...]
    files: dict[str, bytes]
    private: tuple[str, ...]
    expected: Here
    footer: tuple[str, ...]
    weak: bool


class Result(msgspec.Struct, frozen=True):
    """What a task comes to: what was graded, or why this worker is not one to do it."""

    graded: tuple[Graded, ...] = ()
    refused: str = ""


def packages_of(problems: Iterable[Problem]) -> tuple[str, ...]:
    """The names of the packages that the problems' modules may import or that are loaded for them."""
    names = {name.partition(".")[0] for problem in problems for name in (*problem.allowed_imports, *problem.preload)}
    return tuple(sorted(names))


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """What has to be the same on all machines."""
    owners = importlib.metadata.packages_distributions()
    distributions = sorted({owners.get(name, [name])[0] for name in packages} | {"numpy", "dask", "distributed"})
    return {
        "the engine": engine_digest()[:12],
        "Python": platform.python_version(),
        "the machine": f"{platform.system()} {platform.machine()}",
        **{f"the package {name}": _version(name) for name in distributions},
    }


def versions_of_grader(packages: tuple[str, ...]) -> dict[str, str]:
    """The same of a process that judges, whose predicates' sums depend on the number of threads, too."""
    return {**versions(packages), _THREADS: os.environ.get(_THREADS, "not set")}


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def look(packages: tuple[str, ...], private: tuple[str, ...], dask_worker: distributed.Worker) -> bytes:
    """What a worker's machine is like; bytes, for another engine's records may be others."""
    lacks = _lacks([Path(dask_worker.local_directory)], private, ())
    return msgspec.json.encode(Here(versions_of_grader(packages), lacks))


def look_from_scheduler(packages: tuple[str, ...]) -> bytes:
    """What the scheduler's machine is like, where no student code runs."""
    return msgspec.json.encode(Here(versions(packages)))


def _lacks(own: Sequence[Path], private: Iterable[str], visible: Sequence[Path]) -> tuple[str, ...]:
    """What is promised of student code and not enforced on this machine, a clause each.

    Parameters
    ----------
    own : sequence of Path
        Folders of this worker's that no run may see.
    private : iterable of str
        The same of the machine where the command was given, whose disk this one may share.
    visible : sequence of Path
        Folders that runs see, beside the system's and Python's.
    """
    with Sandbox() as sandbox:
        enforced = sandbox.enforced()
    return (
        *enforced.lacks,
        *(("it may read files of the worker's, in a folder that runs see",) if exposed(own, visible) else ()),
        *(
            f"it may read {path}, in a folder that runs see: keep it elsewhere"
            for path in exposed(map(Path, private), visible)
        ),
    )


def unfit(who: str, there: Here, expected: Here, *, weak: bool) -> str:
    """Why a machine is not to grade, as a sentence; empty if it may."""
    for name, wanted in expected.versions.items():
        found = there.versions.get(name, "none")
        if found != wanted:
            return f"{name} is {found} on {who}, and {wanted} here, so results could differ; {_SAME}"
    lacking = [clause for clause in there.lacks if clause not in expected.lacks]
    if lacking and weak:
        return f"{who} enforces less than the workers that were there when the run began: {'; '.join(lacking)}"
    if lacking:
        return (
            f"student code can't be confined on {who}: {'; '.join(lacking)}. `autograder doctor` there says how to get "
            "the rest; --weak-sandbox grades all the same"
        )
    return ""


class Desk:
    """A parcel on a worker, unpacked when the first submission comes: a grader, and a sandbox for each thread.

    Dask holds it as long as the command that made it is connected; with the last reference its servers and files go.
    Where dask moves it to another worker, or to a disk, the parcel is what moves.
    """

    def __init__(self, parcel: bytes) -> None:
        self._parcel = parcel
        self._lock = threading.Lock()
        self._opened: OpenDesk | None = None

    def __reduce__(self) -> tuple[type[Desk], tuple[bytes]]:
        return Desk, (self._parcel,)

    def open(self) -> OpenDesk:
        """The grader and the sandboxes."""
        with self._lock:
            if self._opened is None:
                with ExitStack() as stack:
                    self._opened = OpenDesk(msgspec.msgpack.decode(self._parcel, type=Parcel), stack)
                    weakref.finalize(self, stack.pop_all().close)
            return self._opened


class OpenDesk:
    """A desk at work; ``refused`` says why it must not, if so."""

    def __init__(self, parcel: Parcel, stack: ExitStack) -> None:
        self.refused = ""
        home = Path(tempfile.mkdtemp(prefix="autograder-")).resolve()
        stack.callback(remove, home)
        home.chmod(0o711)  # whoever a run is, it must get to the data
        for name, content in parcel.files.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        problems = tuple(_unpacked(sent, home) for sent in parcel.problems)
        worker = distributed.get_worker()
        own = [Path(worker.local_directory), *(problem.folder for problem in problems)]
        lacks = _lacks(own, parcel.private, [home / "data"])
        there = Here(versions_of_grader(packages_of(problems)), lacks)
        self.refused = unfit(f"the worker {worker.address}", there, parcel.expected, weak=parcel.weak)
        if self.refused:
            return
        for problem in problems:
            problem.checks  # noqa: B018  pages are loaded by one thread
        self.grader = Grader(
            problems,
            {problem.id: from_bytes(sent.answers) for problem, sent in zip(problems, parcel.problems, strict=True)},
            {problem.id: problem.seed for problem in problems},
            {},  # results are filed where they are collected
            parcel.weak,
            parcel.footer,
            {problem.id: sheet_of(problem) for problem in problems if problem.notebook_points},
        )
        self.sandbox = stack.enter_context(sandboxes(weak=parcel.weak))

    def grade(self, submission: Submission, ids: Sequence[str]) -> Result:
        """What comes of a submission in some problems."""
        if self.refused:
            return Result(refused=self.refused)
        return Result(self.grader.graded(self.sandbox(), submission, ids))


def grade_there(desk: Desk, submission: bytes, ids: tuple[str, ...]) -> bytes:
    """A task: grade a submission on this worker. Bytes in and out are not unpickled, whatever engine is here."""
    result = desk.open().grade(msgspec.msgpack.decode(submission, type=Submission), ids)
    return msgspec.msgpack.encode(result)


def pack(grader: Grader, expected: Here, private: tuple[str, ...]) -> bytes:
    """The parcel of a grader."""
    files: dict[str, bytes] = {}
    problems = []
    for problem in grader.problems:
        own = [path for name in OWN_FILES if (path := problem.folder / name).is_file()]
        files |= {f"solutions/{problem.id}/{path.name}": path.read_bytes() for path in own}
        files |= {f"solutions/{problem.assignment}/given/{path.name}": path.read_bytes() for path in problem.given}
        if problem.id in grader.sheets:
            files[f"assignments/{problem.notebook_id}"] = problem.released_notebook.read_bytes()
        files |= {f"data/{name}": path.read_bytes() for name, path in problem.data.items()}
        problems.append(
            SentProblem(
                assignment=problem.assignment,
                name=problem.name,
                title=problem.title,
                points=problem.points,
                allowed_imports=problem.allowed_imports,
                preload=problem.preload,
                given=tuple(path.name for path in problem.given),
                data=tuple(problem.data),
                limits=problem.limits,
                seed=str(grader.seeds[problem.id]),
                notebook_points=problem.notebook_points,
                answers=to_bytes(grader.answers[problem.id]),
            )
        )
    return msgspec.msgpack.encode(Parcel(tuple(problems), files, private, expected, grader.footer, grader.weak))


def _unpacked(sent: SentProblem, home: Path) -> Problem:
    folder = home / "solutions" / sent.assignment
    return Problem(
        assignment=sent.assignment,
        name=sent.name,
        title=sent.title,
        points=sent.points,
        folder=folder / sent.name,
        given=tuple(folder / "given" / name for name in sent.given),
        data={name: home / "data" / name for name in sent.data},
        allowed_imports=sent.allowed_imports,
        preload=sent.preload,
        limits=sent.limits,
        seed=int(sent.seed),
        notebook_points=sent.notebook_points,
    )


class Cluster:
    """A cluster whose workers have been found fit.

    Attributes
    ----------
    lacks : tuple of str
        What is promised of student code and not enforced on some worker, a clause each.
    """

    def __init__(self, client: distributed.Client, address: str, expected: Here, private: tuple[str, ...]) -> None:
        self._client = client
        self._address = address
        self._private = private
        self._expected = expected
        self.lacks = expected.lacks

    def threads(self) -> int:
        """How many submissions are graded at a time, with the workers that are there now."""
        return sum(self._client.nthreads().values())

    def desks(self, grader: Grader) -> Desks:
        """The cluster's desks: each thread of each worker is one."""

        def desks(work: Iterable[Work]) -> Finished:
            mark = uuid.uuid4().hex
            # Dask warns of what is large, for it may be sent often; this is sent once.
            with self._reached(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
                parcel = pack(grader, self._expected, self._private)
                desk = self._client.submit(Desk, parcel, key=f"autograder-desk-{mark}")
            running: dict[Remote, Work] = {}
            room, counted = 0, 0.0
            try:
                for piece in work:
                    with self._reached():
                        running[self._send(desk, grader, piece, f"autograder-grade-{mark}-{piece.position}")] = piece
                        if time.monotonic() - counted > COUNT_SECONDS:  # workers come and go
                            room, counted = AHEAD * self.threads(), time.monotonic()
                    if len(running) > room:
                        yield from self._finished(running, grader)
                while running:
                    yield from self._finished(running, grader)
            finally:
                with suppress(OSError, RuntimeError, CancelledError):
                    self._client.cancel(list(running))

        return desks

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Where the scheduler is spoken to: whatever fails for want of it is told as that."""
        try:
            yield
        except (CancelledError, OSError, RuntimeError):
            raise ClusterError(
                f"the scheduler at {self._address} was lost; what was graded is kept: give the same command again"
            ) from None

    def _send(self, desk: distributed.Future[Desk], grader: Grader, piece: Work, key: str) -> Remote:
        # Notebooks are large, and most are not graded.
        graded = {problem.notebook_file for problem in grader.problems if problem.id in grader.sheets}
        files = {
            name: content
            for name, content in piece.submission.files.items()
            if not name.endswith(".ipynb") or name in graded
        }
        submission = msgspec.msgpack.encode(replace(piece.submission, files=files, extra=()))
        return self._client.submit(grade_there, desk, submission, piece.ids, key=key, retries=RETRIES)

    def _finished(self, running: dict[Remote, Work], grader: Grader) -> Finished:
        """Wait for a task or more, and hand back what came of those that are finished."""
        with self._reached(), self._client.as_current():
            distributed.wait(list(running), return_when="FIRST_COMPLETED")
        ready = sorted((future for future in running if future.done()), key=lambda future: running[future].position)
        for future, outcome in zip(ready, self._outcomes(ready), strict=True):
            piece = running.pop(future)
            if isinstance(outcome, Exception):
                message = f"the code could not be run: {_why(outcome)}"
                yield piece, tuple(Graded(grader.unjudged(name, codes.NO_SANDBOX, message)) for name in piece.ids)
                continue
            result = msgspec.msgpack.decode(outcome, type=Result)
            if result.refused:
                raise ClusterError(result.refused)
            yield piece, result.graded

    def _outcomes(self, futures: Sequence[Remote]) -> list[bytes | Exception]:
        """What tasks gave, or raised, in order."""
        try:
            return list(self._client.gather(list(futures)))  # in one message, where none has raised
        except Exception:  # noqa: BLE001  whatever one of them has raised, elsewhere
            return [self._outcome(future) for future in futures]

    def _outcome(self, future: Remote) -> bytes | Exception:
        try:
            outcome: bytes = future.result()
        except CancelledError:
            with self._reached():
                raise
        except (ImportError, AttributeError) as error:
            raise ClusterError(f"a worker can't load the engine ({error}); {_SAME}") from None
        except Exception as error:  # noqa: BLE001  a submission ends here; it costs nobody points, and is tried again
            return error
        return outcome


def _why(error: Exception) -> str:
    """Why a task has no result."""
    if isinstance(error, KilledWorker):
        return "each worker that was to do it was lost"
    return f"{type(error).__name__}: {error}"


@contextmanager
def connect(
    address: str, problems: Sequence[Problem], *, private: Iterable[Path] = (), weak: bool = False
) -> Iterator[Cluster]:
    """The cluster of the scheduler at an address like ``tcp://host:8786``, for these problems.

    Parameters
    ----------
    private : iterable of Path
        What no run may see, beside the problems, where a worker has it too: the submissions and the reports.
    weak : bool
        Take workers that can't confine student code, too.

    Raises
    ------
    ClusterError
        If nobody answers there, no worker comes, or one that is there is not fit.
    """
    # What of its messages matters is said by our own.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get("ssl_context"):
        raise ClusterError(
            f"{address} wants a certificate; name yours in Dask's configuration, under distributed.comm.tls "
            "(docs/clusters.md)"
        )
    try:
        # A connection that is refused is refused at once; dask would go on trying.
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


def _expected(client: distributed.Client, packages: tuple[str, ...], private: tuple[str, ...], *, weak: bool) -> Here:
    """What every worker is to be like: as this machine is, and to enforce what those that are there do."""
    # The scheduler reads tasks, and so imports what they name.
    scheduler = _said(client.run_on_scheduler, look_from_scheduler, packages)
    said = {"the scheduler": scheduler} | {
        f"the worker {worker}": one
        for worker, one in client.run(look, packages, private, on_error="return").items()
        if not isinstance(one, OSError)  # just lost; if it comes back, its desk looks for itself
    }
    for who, one in said.items():
        if isinstance(one, BaseException):
            raise ClusterError(f"{who} can't load the engine ({type(one).__name__}: {one}); {_SAME}")
    workers = {who: msgspec.json.decode(one, type=Here) for who, one in said.items()}
    here = Here(versions(packages))
    sentences = [unfit("the scheduler", workers.pop("the scheduler"), here, weak=weak)]
    lacks = dict.fromkeys(clause for there in workers.values() for clause in there.lacks)
    expected = Here(versions_of_grader(packages), tuple(lacks) if weak else ())
    sentences += [unfit(who, there, expected, weak=weak) for who, there in workers.items()]
    for sentence in filter(None, sentences):
        raise ClusterError(sentence)
    return expected


def _said(ask: Callable[..., Any], *words: object) -> Any:
    """What a process gave, or raised."""
    try:
        return ask(*words)
    except Exception as error:  # noqa: BLE001  whatever it was, of another's
        return error
