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
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from autograder.probe import Check
from autograder.problem import Implementation, Problem
from autograder.wire import Failure, Observation, WireError, read
from autograder.worker import LENGTH, Job

IMPORT_SECONDS = 20.0
START_SECONDS = 60.0
STATUS = 12  # bytes: struct "<iq"

_BOOT = "import sys; sys.path.insert(0, {root!r}); from autograder import worker; worker.{call}"
_ROOT = str(Path(__file__).resolve().parent.parent)


class SandboxError(Exception):
    """No process could be started: a fault of the machine or of ours, never of a submission."""


class Process(Protocol):
    """A process with a job: its messages, and its end."""

    def receive(self, seconds: float) -> Observation | None:
        """The next message; None when there will be none. Raises TimeoutError, or WireError when it is nonsense."""

    def end(self) -> str:
        """End the process and say how it had ended, or an empty text if it had to be ended."""


class Sandbox:
    """Runs implementations, each run in a process of its own.

    Parameters
    ----------
    warm : bool
        Fork runs from a server that has the libraries loaded (Linux, macOS); otherwise start each run afresh.
    """

    def __init__(self, *, warm: bool = hasattr(os, "fork")) -> None:
        self._warm = warm
        self._servers: dict[tuple[str, ...], _Server] = {}

    def __enter__(self) -> Sandbox:
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

    def observe(
        self, problem: Problem, implementation: Implementation, seed: int, checks: Sequence[Check] | None = None
    ) -> list[Observation]:
        """What the checks show of an implementation, a draw at a time.

        A check whose process dies has one observation, of the draw it died in; its other draws are not tried.
        """
        pending = [(check, draw) for check in (checks or problem.checks) for draw in range(check.draws)]
        seen: list[Observation] = []
        with tempfile.TemporaryDirectory(prefix="autograder-") as scratch:
            while pending:
                folder = Path(scratch, str(len(seen))).resolve()
                _fill(folder, problem, implementation)
                seen += self._run(problem, folder, seed, pending)
        return seen

    def _run(self, problem: Problem, folder: Path, seed: int, pending: list[tuple[Check, int]]) -> list[Observation]:
        """Run what is pending in one process, as far as it gets; what has been observed is no longer pending."""
        job = Job(
            module=problem.name,
            page=str(problem.folder / "checks.py"),
            folder=str(folder),
            given=tuple(path.stem for path in problem.given),
            allowed_imports=problem.allowed_imports,
            seed=seed,
            draws=tuple((check.name, draw) for check, draw in pending),
        )
        try:
            process = self._start(problem, job)
        except (OSError, SandboxError) as error:
            return _all(pending, Observation("", 0, "unstarted", failure=Failure("SandboxError", str(error))))
        seen: list[Observation] = []
        try:
            imported = _next(process, "", 0, IMPORT_SECONDS, "the import")
            if imported.ending != "returned":
                return _all(pending, imported)
            while pending:
                check, draw = pending.pop(0)
                observation = _next(process, check.name, draw, check.wall_seconds, "one call of this check")
                seen.append(observation)
                if observation.ending == "died":
                    pending[:] = [item for item in pending if item[0] is not check]
                    break
        finally:
            process.end()
        return seen

    def _start(self, problem: Problem, job: Job) -> Process:
        if not self._warm:
            return _Started(job)
        server = self._servers.get(problem.preload)
        if server is None:
            server = self._servers[problem.preload] = _Server(problem.preload)
        try:
            return server.fork(job)
        except OSError:
            # A wounded server is replaced, once; a second failure is the caller's to report.
            server.close()
            server = self._servers[problem.preload] = _Server(problem.preload)
            return server.fork(job)


def _next(process: Process, check: str, draw: int, seconds: float, what: str) -> Observation:
    """The observation that is due, or the one that says why there is none."""
    try:
        observation = process.receive(seconds)
    except TimeoutError:
        return _died(check, draw, f"{what} ran past the limit of {seconds:g} s")
    except WireError as error:
        return _died(check, draw, f"the process wrote something that is no result ({error})")
    if observation is None:
        return _died(
            check, draw, process.end() or "the process was killed, or closed its channel, before there was a result"
        )
    if (observation.check, observation.draw) != (check, draw):
        return _died(check, draw, "the process wrote something that is no result (of another check)")
    return observation


def _died(check: str, draw: int, message: str) -> Observation:
    return Observation(check, draw, "died", failure=Failure("", message))


def _all(pending: list[tuple[Check, int]], cause: Observation) -> list[Observation]:
    """The same observation for every pending check: what kept the module from being probed at all."""
    checks = dict.fromkeys(check for check, _ in pending)
    pending.clear()
    return [Observation(check.name, 0, cause.ending, failure=cause.failure, output=cause.output) for check in checks]


def _fill(folder: Path, problem: Problem, implementation: Implementation) -> None:
    """Lay out the scratch folder: the submission's files, the handed-out modules over them, and the data."""
    folder.mkdir(parents=True)
    for name, content in implementation.files.items():
        (folder / name).write_bytes(content)
    for path in problem.given:
        shutil.copyfile(path, folder / path.name)
    if problem.data:
        (folder / "data").mkdir()
    for name, path in problem.data.items():
        try:
            (folder / "data" / name).symlink_to(path.resolve())
        except OSError:  # Windows, for an ordinary user
            shutil.copyfile(path, folder / "data" / name)


def _environment() -> dict[str, str]:
    """What a process that runs student code is told of its surroundings."""
    keep = ("PATH", "SYSTEMROOT", "TMP", "TEMP", "TMPDIR")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return {
        **{name: os.environ[name] for name in keep if name in os.environ},
        # One thread each: forking stays safe, and sums don't depend on the number of cores.
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(Path(cache, "autograder", "matplotlib")),
        "PYTHONHASHSEED": "0",
    }


def _command(call: str) -> list[str]:
    return [sys.executable, "-I", "-c", _BOOT.format(root=_ROOT, call=call)]


class _Server:
    """A process with the libraries loaded, from which runs are forked."""

    def __init__(self, preload: tuple[str, ...]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                _command(f"serve({theirs.fileno()}, {preload!r})"),
                env=_environment(),
                cwd=tempfile.gettempdir(),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        self._control.settimeout(START_SECONDS)
        if self._receive(1) != b"r":
            stderr = self._process.stderr
            said = stderr.read().decode(errors="replace").strip().splitlines() if stderr else []
            self.close()
            raise SandboxError(f"the worker did not start: {said[-1] if said else 'it said nothing'}")

    def fork(self, job: Job) -> Process:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"c"], [theirs.fileno()])
        if len(self._receive(LENGTH.size)) != LENGTH.size:
            ours.close()
            raise BrokenPipeError("the worker is gone")
        return _Forked(self, ours, job)

    def end(self) -> int:
        """End the fork; its exit status as ``wait`` gives it."""
        self._control.sendall(b"e")
        return int.from_bytes(self._receive(STATUS)[:4], "little", signed=True)

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()

    def _receive(self, size: int) -> bytes:
        try:
            return self._control.recv(size, socket.MSG_WAITALL)
        except ConnectionError:
            return b""


class _Forked:
    """A run forked from a server."""

    def __init__(self, server: _Server, channel: socket.socket, job: Job) -> None:
        self._server = server
        self._channel = channel
        self._said: str | None = None
        try:
            channel.sendall(job.encode())
        except ConnectionError:
            pass  # it is gone already, and receive() says so

    def receive(self, seconds: float) -> Observation | None:
        deadline = time.monotonic() + seconds

        def exactly(size: int) -> bytes:
            parts = bytearray()
            while len(parts) < size:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._channel.settimeout(left)
                try:
                    part = self._channel.recv(min(size - len(parts), 1 << 20))
                except ConnectionError:
                    part = b""
                if not part:
                    break
                parts += part
            return bytes(parts)

        return read(exactly)

    def end(self) -> str:
        if self._said is None:
            self._channel.close()
            try:
                status = os.waitstatus_to_exitcode(self._server.end())
            except OSError:
                self._said = "the process that runs your code was ended from inside"
            else:
                self._said = _how(status)
        return self._said


class _Started:
    """A run in a process started for it alone: any system, and slower."""

    def __init__(self, job: Job) -> None:
        self._process = subprocess.Popen(
            _command("once()"),
            env=_environment() | {name: os.environ[name] for name in ("HOME", "USERPROFILE") if name in os.environ},
            cwd=job.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._messages: queue.SimpleQueue[Observation | WireError | None] = queue.SimpleQueue()
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
            while (message := read(self._process.stdout.read)) is not None:
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

    def end(self) -> str:
        try:
            # A process that has closed its channel is about to end; one that hangs is ended.
            status = self._process.wait(0.2) if self._process.poll() is None else self._process.returncode
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return ""
        return _how(status)


def _how(status: int) -> str:
    if status >= 0:
        return f"the process ended by itself, with exit status {status}"
    name = signal.Signals(-status).name
    return "" if name == "SIGKILL" else f"the process was ended by {name}"
