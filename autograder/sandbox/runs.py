"""Processes that run student code, as the grader holds them.

A :class:`Started` run is a process of its own on any system, for students' checks of their own code. A :class:`Forked`
run is confined; it comes from a :class:`Server`, and that from a :class:`Loader`, whose work is in
:mod:`autograder.sandbox.forkserver`.
"""

from __future__ import annotations

import json
import math
import os
import queue
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

import autograder
from autograder import Error
from autograder.sandbox.confine import SYSTEM, Enforced
from autograder.sandbox.forkserver import ENDED, FORKED, READY, SPENT, load
from autograder.sandbox.usage import Deadline, cpu_seconds, exceeds_quota, has_room, remove
from autograder.text import PREFIX
from autograder.wire import MAX_BODY_BYTES, Observation, Part, WireError, read
from autograder.worker import reader
from autograder.worker.job import MIB, Job, ProbeJob, entry_point, parts, surroundings
from autograder.worker.run import once

START_SECONDS = 60.0
# Variables that the system's programs and libraries need, kept for unconfined runs.
OF_THE_SYSTEM = ("PATH", "SYSTEMROOT", "TMP", "TEMP", "TMPDIR")
# Seconds between two measurements of the files of a run that lie on a disk.
LOOK_SECONDS = 0.25
# Most bytes read at a time; most messages fit.
READ_BYTES = 1 << 16
# Seconds for a server's answer; a slower one is stopped, or the machine thrashes.
ANSWER_SECONDS = 20.0
# Seconds for a server to end by itself.
END_SECONDS = 2.0

_ENGINE = Path(autograder.__file__).resolve().parent
# The folder of the engine may hold a student's `numpy.py`: only the engine is looked for there first.
_BOOT = (
    f"import importlib, sys, typing; sys.path.insert(0, {str(_ENGINE.parent)!r}); import autograder; "
    "sys.path.append(sys.path.pop(0)); "
)


class SandboxError(Error):
    """A process could not be started as required: a fault of the machine or of ours, never of a submission."""


class DiskFullError(Exception):
    """A run has written more than its quota."""


@dataclass(frozen=True)
class Ended:
    """The end of a run: the way it ended by itself, as a clause, empty if it was killed; CPU time and peak memory.

    ``out_of_time``: it used up its CPU time. ``lost``: its server is gone, so its end is unknown.
    """

    exit_reason: str
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    out_of_time: bool = False
    lost: bool = False


def settings() -> str:
    """Return the folder where matplotlib keeps its list of fonts."""
    return str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "autograder", "matplotlib"))


def environment(blas_threads: int = 1) -> dict[str, str]:
    """Return the environment of a process that runs student code."""
    return {
        # One thread each: forking stays safe, and sums don't depend on the number of cores.
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(blas_threads)),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
    }


def command(function: Callable[..., object], argument: object, python: str = sys.executable) -> list[str]:
    """Return the command that calls a function of ours in a fresh interpreter."""
    module, name = entry_point(function).split(":")
    call = f"from {module} import {name}; {name}({argument!r})"
    # Like "-I", which would also ignore PYTHONHASHSEED.
    return [python, "-P", "-s", "-c", _BOOT + call]


def installation() -> list[str]:
    """List the folders of the Python installation, and of the engine's own modules."""
    found = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable), _ENGINE]
    found += [Path(entry) for entry in sys.path if "-packages" in entry]
    # The interpreter a virtual environment links to may itself be reached through links.
    real = [path.resolve() for path in found]
    return list(dict.fromkeys(str(path) for path in (*found, *real) if path.exists()))


def exposed(paths: Iterable[Path], data: Iterable[Path]) -> list[Path]:
    """List the paths that runs can read: in folders of the system, of Python, the engine or the data."""
    shown = [Path(folder).resolve() for folder in (*SYSTEM, *installation(), *(str(path) for path in data))]
    return [path for path in paths if any(path.resolve().is_relative_to(folder) for folder in shown)]


class Started:
    """A run in an interpreter of its own: slower, unconfined, on any system."""

    def __init__(self, job: ProbeJob, python: str, blas_threads: int) -> None:
        self._scratch = tempfile.mkdtemp(prefix=PREFIX)
        folder = str(Path(self._scratch).resolve())
        told = {name: os.environ[name] for name in OF_THE_SYSTEM if name in os.environ}
        self._process = subprocess.Popen(
            command(once, (folder, _of_the_user()), python),
            env=told | environment(blas_threads) | surroundings(folder) | {"MPLCONFIGDIR": settings()},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._messages: queue.SimpleQueue[Observation | WireError | None] = queue.SimpleQueue()
        self._ended: Ended | None = None
        threading.Thread(target=self._read, args=(job,), daemon=True).start()

    def _read(self, job: ProbeJob) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError), self._process.stdin as channel:  # it may be gone; the end of its output says so
            channel.writelines(parts(job))
        try:
            with self._process.stdout as channel_back:
                for message in iter(lambda: read(channel_back.read), None):
                    self._messages.put(message)
        except WireError as error:
            self._messages.put(error)
        except ValueError:
            pass  # closed by end()
        self._messages.put(None)

    def receive(
        self, seconds: float, most_bytes: int = MAX_BODY_BYTES, most_seconds: float = math.inf
    ) -> Observation | None:
        """Wait for the next message; read messages of any size, since the code is the user's own."""
        del most_bytes
        self.deadline = Deadline(seconds, lambda: cpu_seconds(self._process.pid), most=most_seconds)
        while True:
            with suppress(queue.Empty):
                message = self._messages.get(timeout=self.deadline.wait())
                if isinstance(message, WireError):
                    raise message
                return message

    def end(self) -> Ended:
        """End the process, and return how it ended."""
        if self._ended is None:
            try:
                # A process that has closed its channel is about to end; one that hangs is ended.
                self._ended = Ended(exit_reason(self._process.wait(0.2)))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                self._ended = Ended("")
            shutil.rmtree(self._scratch, ignore_errors=True)
        return self._ended


def _of_the_user() -> list[str]:
    """List the folders that the official run does not have: the user's home, and where the check was asked for."""
    folders = {str(path) for path in (Path.home(), Path.cwd()) for path in (path, path.resolve())}
    return sorted(folder for folder in folders if len(Path(folder).parts) > 1)  # never the whole disk


def exit_reason(status: int) -> str:
    """Describe as a clause how a process ended by itself; "" if it was killed."""
    if status >= 0:
        return f"the process ended by itself, with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"  # real-time signals have no names
    return "" if name == "SIGKILL" else f"the process was ended by {name}"


class Loader:
    """The processes that servers are forked from, one for each set of libraries, which it loads once.

    Each is started when the first of its servers is ordered. Servers may be ordered from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[tuple[str, ...], tuple[subprocess.Popen[bytes], socket.socket]] = {}
        self._servers: set[int] = set()
        self._abandoned = False

    def abandon(self) -> None:
        """Kill all servers with their runs, and start no more."""
        with self._lock:
            self._abandoned = True
            for pid in self._servers:
                _kill(pid)

    def add(self, pid: int) -> None:
        """Note the process number of a server that has started."""
        with self._lock:
            self._servers.add(pid)
            if self._abandoned:
                _kill(pid)

    def discard(self, pid: int) -> None:
        """Forget the number of a server that has ended."""
        with self._lock:
            self._servers.discard(pid)

    def order(self, preload: tuple[str, ...], order: bytes, fds: list[int]) -> None:
        """Order a server from the process with these libraries; one that is gone is replaced, once."""
        with self._lock:
            if self._abandoned:
                raise BrokenPipeError("nothing is run any more")
            for last in (False, True):
                if preload not in self._started:
                    self._started[preload] = self._start(preload)
                try:
                    socket.send_fds(self._started[preload][1], [order], fds)
                    break
                except OSError:
                    self._end([self._started.pop(preload)])
                    if last:
                        raise

    def close(self) -> None:
        """End the processes; each server ends when its control socket is closed."""
        with self._lock:
            self._end(self._started.values())
            self._started.clear()

    def _start(self, preload: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], socket.socket]:
        asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                command(load, (theirs.fileno(), preload)),
                env=environment(),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Ctrl-C in the grader's terminal must not reach it.
                start_new_session=True,
            )
        return process, asked

    def _end(self, started: Collection[tuple[subprocess.Popen[bytes], socket.socket]]) -> None:
        for _, asked in started:
            asked.close()
        for process, _ in started:
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Server:
    """A confined process with the libraries loaded, from which runs are forked."""

    def __init__(
        self, loader: Loader, preload: tuple[str, ...], visible: tuple[str, ...], layers: tuple[str, ...]
    ) -> None:
        if sys.platform != "linux":
            raise SandboxError(
                "runs can't be confined on this system: grade on Linux "
                "(`autograder check` works here, on one's own code)"
            )
        self._scratch = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        self._scratch.chmod(0o711)  # whatever its user is, a run must reach its own folder
        self._loader = loader
        self._pid = 0
        # The server's errors until it is ready; its end is closed when it is gone.
        self._said, said = os.pipe()
        self._heard = b""
        self._control, theirs = socket.socketpair()
        order = {"settings": settings(), "visible": [*installation(), *visible], "layers": layers}
        order["scratch"] = str(self._scratch)
        try:
            with theirs, os.fdopen(said, "wb"):
                loader.order(preload, json.dumps(order).encode(), [theirs.fileno(), said])
        except OSError:
            self.close()
            raise
        self._control.settimeout(START_SECONDS)
        self.enforced = self._ready()
        loader.add(self._pid)
        self._control.settimeout(ANSWER_SECONDS)

    def _ready(self) -> Enforced:
        try:
            self._pid, length = READY.unpack(self._receive(READY.size))
            return msgspec.json.decode(self._receive(length), type=Enforced)
        except (OSError, msgspec.DecodeError):
            self.kill()
            # A server that still loads its libraries has no number yet, and may never end.
            self._ended(END_SECONDS)
            said = self._heard.decode(errors="replace").strip().splitlines()
            self.close()
            raise SandboxError(f"the worker did not start: {said[-1] if said else 'it said nothing'}") from None

    def fork(self, job: Job) -> Forked:
        """Fork a run of a job."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"c"], [theirs.fileno()])
            (pid,) = FORKED.unpack(self._receive(FORKED.size))
        except OSError:
            ours.close()
            raise
        watched = None if self.enforced.namespaces else (self._scratch, pid)
        if watched and not has_room(self._scratch):
            ours.close()
            self.end()
            raise SandboxError("no room is left for the files of a run")
        return Forked(self, ours, job, watched)

    def spent(self) -> float:
        """Return the CPU time of the run so far, seconds; 0 when the server is gone, and the run with it."""
        try:
            self._control.sendall(b"t")
            return float(SPENT.unpack(self._receive(SPENT.size))[0])
        except TimeoutError:
            self.kill()  # a late answer would be taken for the end of the run
        except OSError:
            pass
        return 0.0

    def end(self) -> Ended:
        """End the run, and return how it ended."""
        self._control.sendall(b"e")
        status, peak, seconds = ENDED.unpack(self._receive(ENDED.size))
        code = os.waitstatus_to_exitcode(status)
        return Ended(exit_reason(code), seconds, peak, out_of_time=code == -signal.SIGXCPU)

    def kill(self) -> None:
        """Kill the server and its run."""
        if self._pid and not self._ended(0):
            _kill(self._pid)
            self._ended(END_SECONDS)

    def close(self) -> None:
        """End the server and its run."""
        self._control.close()
        self._loader.discard(self._pid)
        if self._said >= 0:
            if not self._ended(END_SECONDS):
                self.kill()
            os.close(self._said)
            self._said = -1
        remove(self._scratch)

    def _ended(self, seconds: float) -> bool:
        """Tell whether the process ends within these seconds: then the other end of its pipe is closed."""
        ends = time.monotonic() + seconds
        while select.select([self._said], [], [], max(ends - time.monotonic(), 0))[0]:
            if not (said := os.read(self._said, MIB)):
                return True
            self._heard += said
        return False

    def _receive(self, size: int) -> bytes:
        said = self._control.recv(size, socket.MSG_WAITALL)
        if len(said) != size:
            raise BrokenPipeError("the worker is gone")
        return said


class Forked:
    """A run, or a reader, forked from a server."""

    def __init__(self, server: Server, channel: socket.socket, job: Job, watched: tuple[Path, int] | None) -> None:
        self._server = server
        self._channel = channel
        self._watched = watched
        self._looked = 0.0
        self._unread = bytearray()
        self._limits = job.limits
        self._ended: Ended | None = None
        with suppress(ConnectionError), channel.makefile("wb", READ_BYTES) as file:  # as receive() says, it may be gone
            file.writelines(parts(job))

    def receive(
        self, seconds: float, most_bytes: int = MAX_BODY_BYTES, most_seconds: float = math.inf
    ) -> Observation | None:
        """Wait for the next message, of at most ``most_bytes``; None when there will be none.

        Raise TimeoutError after ``seconds`` that are charged, or ``most_seconds`` of wall time; WireError if it is no
        message; DiskFullError if the run has written too much meanwhile.
        """
        self.deadline = Deadline(seconds, self._server.spent, most=most_seconds)

        def exactly(size: int) -> bytearray:
            with suppress(ConnectionError):
                while len(self._unread) < size and (part := self._part(max(size - len(self._unread), READ_BYTES))):
                    self._unread += part
            taken, self._unread = self._unread[:size], self._unread[size:]
            return taken

        return read(exactly, most_bytes)

    def _part(self, size: int) -> bytes:
        while True:
            left = self.deadline.wait()
            if self._watched is not None:
                left = min(left, LOOK_SECONDS)
                if time.monotonic() - self._looked > LOOK_SECONDS:
                    if exceeds_quota(*self._watched, self._limits["scratch_bytes"]):
                        raise DiskFullError
                    self._looked = time.monotonic()
            self._channel.settimeout(left)
            with suppress(TimeoutError):
                return self._channel.recv(min(size, MIB))

    def answer(self, answer: Sequence[Part], fd: int | None = None) -> None:
        """Answer a reader's question, with a file's descriptor if it asked for one; it may be gone."""
        self._channel.settimeout(ANSWER_SECONDS)
        with suppress(ConnectionError, TimeoutError):  # receive() says so
            socket.send_fds(self._channel, [reader.ANSWER.pack(sum(map(len, answer)))], [] if fd is None else [fd])
            for part in answer:
                self._channel.sendall(part)

    def end(self) -> Ended:
        """End the run, and return how it ended."""
        if self._ended is None:
            self._channel.close()
            try:
                self._ended = self._server.end()
            except OSError:
                # A late answer would be taken for the end of the next run.
                self._server.close()
                self._ended = Ended("the process that runs your code was lost", lost=True)
        return self._ended


Process = Started | Forked
