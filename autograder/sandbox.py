"""The processes that run student code: the only module that starts one.

``Sandbox.observe`` runs an implementation through checks and returns one observation for each draw. It never fails
for what the implementation does: a process that dies, hangs or answers nonsense is an observation too, of that check
alone, and the checks after it run in a new process.
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from autograder.confine import LAYERS, remove
from autograder.limits import MIB, Limits
from autograder.probe import Check, entropy
from autograder.problem import Implementation, Problem
from autograder.server import ENDED, READY
from autograder.wire import Failure, Observation, WireError, read
from autograder.worker import Job

START_SECONDS = 60.0
# What only this module, and a process without student code in it, may say.
OURS = frozenset({"faulty", "died", "unstarted"})
# How often a run without a memory of its own for files is looked at, and what the smallest file counts there.
LOOK_SECONDS = 0.25
BLOCK_BYTES = 4096

_ROOT = str(Path(__file__).resolve().parent.parent)
_BOOT = f"import sys; sys.path.insert(0, {_ROOT!r}); "


class SandboxError(Exception):
    """No process could be started as it must be: a fault of the machine or of ours, never of a submission."""


class Enforced(msgspec.Struct, frozen=True):
    """What confinement holds on this machine, layer by layer, and what it lacks, with the reason."""

    held: dict[str, str]
    missing: dict[str, str]

    @property
    def lacks(self) -> tuple[str, ...]:
        """What is promised of student code and is not enforced here, a clause each."""
        needs = {
            "it may see files that it should not": ("namespaces", "landlock"),
            "it may reach the network and other processes": ("seccomp",),
            "it may keep rights of the user who grades": ("identity",),
            "it may take more time and memory than the limits": ("limits",),
        }
        return tuple(clause for clause, layers in needs.items() if not any(layer in self.held for layer in layers))


class DiskFullError(Exception):
    """A run has written more than it may."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: a clause, or an empty text if it had to be ended; what it had used."""

    how: str
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


class Process(Protocol):
    """A process with a job: its messages, and its end."""

    def receive(self, seconds: float) -> Observation | None:
        """The next message; None when there will be none. Raises TimeoutError, or WireError when it is nonsense."""

    def end(self) -> Ended:
        """End the process, and say how it had ended."""


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
    """

    def __init__(
        self,
        *,
        warm: bool = True,
        layers: Sequence[str] = LAYERS,
        weak: bool = False,
        python: str = sys.executable,
        blas_threads: int = 1,
    ) -> None:
        self._warm = warm
        self._python = python
        self._blas_threads = blas_threads
        self._layers = tuple(layers)
        self._weak = weak
        self._servers: dict[tuple[tuple[str, ...], tuple[str, ...]], _Server] = {}

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

    def enforced(self) -> Enforced:
        """What confinement holds on this machine.

        Raises
        ------
        SandboxError
            If no server starts.
        """
        server = _Server((), (), self._layers)
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
            )
            seen += self._run(problem, job, pending)
        return seen

    def _run(self, problem: Problem, job: Job, pending: list[tuple[Check, int]]) -> list[Observation]:
        """Run what is pending in one process, as far as it gets; what has been observed is no longer pending."""
        try:
            process = self._start(problem, job)
        except (OSError, SandboxError) as error:
            return _all(pending, Observation("", 0, "unstarted", failure=Failure("", str(error))))
        limits = problem.limits
        seen: list[Observation] = []
        try:
            # No student code has run yet: this message, and no later one, may say that the fault is ours.
            ready = process.receive(START_SECONDS)
            if ready is None or ready.ending != "returned":
                return _all(pending, ready or Observation("", 0, "unstarted", failure=Failure("", process.end().how)))
            imported = _next(process, "", 0, limits.import_seconds, "the import of the module", limits)
            if imported.ending != "returned":
                return _all(pending, imported)
            while pending:
                check, draw = pending.pop(0)
                seconds = check.wall_seconds or limits.wall_seconds
                observation = _next(process, check.name, draw, seconds, "this check", limits)
                seen.append(observation)
                if observation.ending == "died":
                    pending[:] = [item for item in pending if item[0] is not check]
                    break
        except (TimeoutError, WireError, DiskFullError) as error:
            return _all(pending, Observation("", 0, "unstarted", failure=Failure("", f"no sign of life: {error}")))
        finally:
            process.end()
        return seen

    def _start(self, problem: Problem, job: Job) -> Process:
        if not self._warm:
            return _Started(job, self._python, self._blas_threads)
        visible = tuple(sorted({str(path.parent) for path in problem.data.values()}))
        # A fork pays for all that its parent has loaded: load what the submission names, and no more.
        text = b"".join((job.page.encode(), *job.files.values()))
        key = (tuple(name for name in problem.preload if name.partition(".")[0].encode() in text), visible)
        server = self._servers.get(key) or self._serve(key)
        try:
            return server.fork(job)
        except OSError:
            # A wounded server is replaced, once; a second failure is the caller's to report.
            server.close()
            return self._serve(key).fork(job)

    def _serve(self, key: tuple[tuple[str, ...], tuple[str, ...]]) -> _Server:
        server = self._servers[key] = _Server(*key, self._layers)
        if server.enforced.lacks and not self._weak:
            raise SandboxError(f"student code can't be confined on this machine: {'; '.join(server.enforced.lacks)}")
        return server


def _next(process: Process, check: str, draw: int, seconds: float, what: str, limits: Limits) -> Observation:
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
        if ended.cpu_seconds >= limits.cpu_seconds:
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


def _environment(blas_threads: int = 1) -> dict[str, str]:
    """What a process that runs student code is told of its surroundings."""
    keep = ("PATH", "SYSTEMROOT", "TMP", "TEMP", "TMPDIR")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return {
        **{name: os.environ[name] for name in keep if name in os.environ},
        # One thread each: forking stays safe, and sums don't depend on the number of cores.
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(blas_threads)),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(Path(cache, "autograder", "matplotlib")),
        "PYTHONHASHSEED": "0",
    }


def _command(call: str, python: str = sys.executable) -> list[str]:
    return [python, "-I", "-c", _BOOT + call]


def _installation() -> list[str]:
    """The folders of the Python installation, and of the engine's own modules."""
    engine = Path(__file__).resolve().parent
    found = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable), engine]
    found += [Path(entry) for entry in sys.path if "-packages" in entry]
    # The interpreter a virtual environment links to may itself be reached through links.
    real = [path.resolve() for path in found]
    return list(dict.fromkeys(str(path) for path in (*found, *real) if path.exists()))


class _Server:
    """A process with the libraries loaded, from which runs are forked."""

    def __init__(self, preload: tuple[str, ...], visible: tuple[str, ...], layers: tuple[str, ...]) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="autograder-")).resolve()
        self._scratch.chmod(0o711)  # whoever a run is, it must get to its own folder
        self._control, theirs = socket.socketpair()
        shown = [*_installation(), *visible]
        with theirs:
            self._process = subprocess.Popen(
                _command(
                    "from autograder.server import serve; "
                    f"serve({theirs.fileno()}, {preload!r}, {shown!r}, {str(self._scratch)!r}, {layers!r})"
                ),
                env=_environment(),
                cwd=self._scratch,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        self._control.settimeout(START_SECONDS)
        self.enforced = self._ready()

    def _ready(self) -> Enforced:
        try:
            length = self._receive(READY.size)
            return msgspec.json.decode(self._receive(READY.unpack(length)[0]), type=Enforced)
        except (struct.error, msgspec.DecodeError, TimeoutError):
            self._process.kill()
            stderr = self._process.stderr
            said = stderr.read().decode(errors="replace").strip().splitlines() if stderr else []
            self.close()
            raise SandboxError(f"the worker did not start: {said[-1] if said else 'it said nothing'}") from None

    def fork(self, job: Job) -> Process:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"c"], [theirs.fileno()])
            if not self._receive(1):
                raise BrokenPipeError("the worker is gone")
        except OSError:
            ours.close()
            raise
        watched = None if "namespaces" in self.enforced.held else self._scratch
        return _Forked(self, ours, job, watched)

    def end(self) -> Ended:
        """End the fork, and how it ended."""
        self._control.sendall(b"e")
        said = self._receive(ENDED.size)
        if len(said) != ENDED.size:
            raise BrokenPipeError("the worker is gone")
        status, peak, seconds = ENDED.unpack(said)
        return Ended(_how(os.waitstatus_to_exitcode(status)), seconds, peak)

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        remove(self._scratch)

    def _receive(self, size: int) -> bytes:
        try:
            return self._control.recv(size, socket.MSG_WAITALL)
        except ConnectionError:
            return b""


class _Forked:
    """A run forked from a server."""

    def __init__(self, server: _Server, channel: socket.socket, job: Job, watched: Path | None) -> None:
        self._server = server
        self._channel = channel
        self._watched = watched
        self._looked = 0.0
        self._limits = job.limits
        self._ended: Ended | None = None
        try:
            channel.sendall(job.encode())
        except ConnectionError:
            pass  # it is gone already, and receive() says so

    def receive(self, seconds: float) -> Observation | None:
        deadline = time.monotonic() + seconds

        def exactly(size: int) -> bytes:
            parts = bytearray()
            while len(parts) < size:
                part = self._part(size - len(parts), deadline)
                if not part:
                    break
                parts += part
            return bytes(parts)

        return read(exactly)

    def _part(self, size: int, deadline: float) -> bytes:
        """Some bytes, at least one, of those that are due; none when there will be none."""
        while (left := deadline - time.monotonic()) > 0:
            if self._watched is not None and time.monotonic() - self._looked > LOOK_SECONDS:
                if _larger(self._watched, self._limits["scratch_bytes"]):
                    raise DiskFullError
                self._looked = time.monotonic()
            self._channel.settimeout(left if self._watched is None else min(left, LOOK_SECONDS))
            try:
                return self._channel.recv(min(size, MIB))
            except ConnectionError:
                return b""
            except TimeoutError:
                continue
        raise TimeoutError

    def end(self) -> Ended:
        if self._ended is None:
            self._channel.close()
            try:
                self._ended = self._server.end()
            except OSError:
                # What it may still say would be taken for the end of the next run.
                self._server.close()
                self._ended = Ended("the process that runs your code was ended from inside")
        return self._ended


class _Started:
    """A run in a process started for it alone: any system, and slower."""

    def __init__(self, job: Job, python: str, blas_threads: int) -> None:
        self._scratch = tempfile.mkdtemp(prefix="autograder-")
        folder = str(Path(self._scratch).resolve())
        self._process = subprocess.Popen(
            _command(f"from autograder.worker import once; once({folder!r})", python),
            env=_environment(blas_threads)
            | {name: os.environ[name] for name in ("HOME", "USERPROFILE") if name in os.environ},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._messages: queue.SimpleQueue[Observation | WireError | None] = queue.SimpleQueue()
        self._ended: Ended | None = None
        threading.Thread(target=self._read, args=(job,), daemon=True).start()

    def _read(self, job: Job) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            with self._process.stdin as channel:
                channel.write(job.encode())
        except OSError:
            pass  # it is gone already; the end of its output says so
        message: Observation | None = None
        try:
            with self._process.stdout as channel_back:
                while (message := read(channel_back.read)) is not None:
                    self._messages.put(message)
        except WireError as error:
            self._messages.put(error)
        except ValueError:
            pass  # closed by end()
        self._messages.put(None)

    def receive(self, seconds: float) -> Observation | None:
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(message, WireError):
            raise message
        return message

    def end(self) -> Ended:
        if self._ended is None:
            try:
                # A process that has closed its channel is about to end; one that hangs is ended.
                self._ended = Ended(_how(self._process.wait(0.2)))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                self._ended = Ended("")
            shutil.rmtree(self._scratch, ignore_errors=True)
        return self._ended


def _how(status: int) -> str:
    """How a process ended by itself, as a clause; an empty text where it was killed, as all are in the end."""
    if status >= 0:
        return f"the process ended by itself, with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"  # those of real time have no names
    return "" if name == "SIGKILL" else f"the process was ended by {name}"


def _larger(folder: Path, most_bytes: float) -> bool:
    """Whether files below a folder take more than so many bytes, or can't be looked at: what runs there may be hostile.

    A file counts as a block at least, so that there are not too many of them either.
    """
    left = most_bytes
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    left -= max(entry.stat(follow_symlinks=False).st_blocks * 512, BLOCK_BYTES)
                    if left < 0:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:
            continue  # gone meanwhile
        except OSError:
            return True  # unreadable, or too deep to be named: no honest code makes such a folder
    return False
