"""The processes that run student code, and the ends of the channels to them: the only module that starts one.

Two kinds: a :class:`Forked` run comes confined out of a warm :class:`Server`; a :class:`Started` one is a process of
its own on any system, for students' checks of their own code.
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from autograder.confine import SYSTEM, remove
from autograder.deadline import Deadline, cpu_seconds
from autograder.job import Job, surroundings
from autograder.limits import MIB
from autograder.promises import PROMISES
from autograder.server import ENDED, FORKED, READY, SPENT
from autograder.wire import Observation, WireError, read

START_SECONDS = 60.0
# How often a run without a memory of its own for files is looked at.
LOOK_SECONDS = 0.25
# Read at once: most messages whole, and some of what follows them.
READ_BYTES = 1 << 16
BLOCK_BYTES = 4096
# How often it is looked at, at most, and how many looks must have found nothing amiss.
LOOKS, CALM_LOOKS = 20, 2

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
        return tuple(clause for promise in PROMISES for clause in promise.unmet(self.held))


class DiskFullError(Exception):
    """A run has written more than it may."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: a clause, or an empty text if it had to be ended; what it had used."""

    how: str
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    out_of_time: bool = False
    """It had used up its CPU time."""
    lost: bool = False
    """Nobody can say how: the server it was forked from is gone."""


class Process(Protocol):
    """A process with a job: its messages, and its end."""

    def receive(self, seconds: float) -> Observation | None:
        """The next message; None when there will be none. Raises TimeoutError, or WireError when it is nonsense."""

    def end(self) -> Ended:
        """End the process, and say how it had ended."""


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


def exposed(paths: Iterable[Path], data: Iterable[Path]) -> list[Path]:
    """Those of the paths that lie where runs may read: in folders of the system, of Python, the engine or the data."""
    shown = [Path(folder).resolve() for folder in (*SYSTEM, *_installation(), *(str(path) for path in data))]
    return [path for path in paths if any(path.resolve().is_relative_to(folder) for folder in shown)]


class Server:
    """A process with the libraries loaded, from which runs are forked."""

    def __init__(
        self, preload: tuple[str, ...], visible: tuple[str, ...], layers: tuple[str, ...], hash_seed: int = 0
    ) -> None:
        if not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
            raise SandboxError(
                "runs can't be confined on this system: grade on Linux "
                "(`autograder check` works here, on one's own code)"
            )
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
                env=_environment() | {"PYTHONHASHSEED": str(hash_seed)},
                cwd=self._scratch,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                # It hears signals, and those for the grader's terminal are not meant for it.
                start_new_session=True,
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
        """A run of a job."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"c"], [theirs.fileno()])
            said = self._receive(FORKED.size)
            if len(said) != FORKED.size:
                raise BrokenPipeError("the worker is gone")
        except OSError:
            ours.close()
            raise
        watched = None if "namespaces" in self.enforced.held else (self._scratch, *FORKED.unpack(said))
        return Forked(self, ours, job, watched)

    def spent(self) -> float:
        """The CPU time that the fork has used so far, seconds; 0 when the server is gone, and the fork with it."""
        try:
            self._control.sendall(b"t")
            said = self._receive(SPENT.size)
        except OSError:
            return 0.0
        return float(SPENT.unpack(said)[0]) if len(said) == SPENT.size else 0.0

    def end(self) -> Ended:
        """End the fork, and how it ended."""
        self._control.sendall(b"e")
        said = self._receive(ENDED.size)
        if len(said) != ENDED.size:
            raise BrokenPipeError("the worker is gone")
        status, peak, seconds = ENDED.unpack(said)
        code = os.waitstatus_to_exitcode(status)
        return Ended(_how(code), seconds, peak, out_of_time=code == -signal.SIGXCPU)

    def close(self) -> None:
        """End the server, and whatever it runs."""
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


class Forked:
    """A run forked from a server."""

    def __init__(self, server: Server, channel: socket.socket, job: Job, watched: tuple[Path, int] | None) -> None:
        self._server = server
        self._channel = channel
        self._watched = watched
        self._looked = 0.0
        self._unread = bytearray()
        self._limits = job.limits
        self._ended: Ended | None = None
        try:
            channel.sendall(job.encode())
        except ConnectionError:
            pass  # it is gone already, and receive() says so

    def receive(self, seconds: float) -> Observation | None:
        """As a process's."""
        deadline = Deadline(seconds, self._server.spent)

        def exactly(size: int) -> bytes:
            while len(self._unread) < size:
                part = self._part(max(size - len(self._unread), READ_BYTES), deadline)
                if not part:
                    break
                self._unread += part
            taken = bytes(self._unread[:size])
            del self._unread[:size]
            return taken

        return read(exactly)

    def _part(self, size: int, deadline: Deadline) -> bytes:
        """Some bytes, at least one, of those that are due; none when there will be none."""
        while True:
            left = deadline.wait()
            if self._watched is not None and time.monotonic() - self._looked > LOOK_SECONDS:
                if _larger(*self._watched, self._limits["scratch_bytes"]):
                    raise DiskFullError
                self._looked = time.monotonic()
            self._channel.settimeout(left if self._watched is None else min(left, LOOK_SECONDS))
            try:
                return self._channel.recv(min(size, MIB))
            except ConnectionError:
                return b""
            except TimeoutError:
                continue

    def end(self) -> Ended:
        """As a process's."""
        if self._ended is None:
            self._channel.close()
            try:
                self._ended = self._server.end()
            except OSError:
                # What it may still say would be taken for the end of the next run.
                self._server.close()
                self._ended = Ended("the process that runs your code was lost", lost=True)
        return self._ended


class Started:
    """A run in a process started for it alone: any system, and slower."""

    def __init__(self, job: Job, python: str, blas_threads: int) -> None:
        self._scratch = tempfile.mkdtemp(prefix="autograder-")
        folder = str(Path(self._scratch).resolve())
        self._process = subprocess.Popen(
            _command(f"from autograder.worker import once; once({folder!r})", python),
            env=_environment(blas_threads) | surroundings(folder),
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
        """As a process's."""
        deadline = Deadline(seconds, lambda: cpu_seconds(self._process.pid))
        while True:
            try:
                message = self._messages.get(timeout=deadline.wait())
                break
            except queue.Empty:
                continue
        if isinstance(message, WireError):
            raise message
        return message

    def end(self) -> Ended:
        """As a process's."""
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


def _larger(folder: Path, pid: int, most_bytes: float) -> bool:
    """Whether a run's files take more than so many bytes, or can't be looked at: what runs there may be hostile.

    A file counts as a block at least, so that there are not too many of them either. Where a folder was gone when it
    was looked into, the look doesn't count; one that has another name by then can be overlooked, so it takes two that
    do. What never holds still is hiding something.
    """
    calm = 0
    for _ in range(LOOKS):
        try:
            if _taken(folder, most_bytes) + _nameless(pid) > most_bytes:
                return True
        except FileNotFoundError:
            continue
        except OSError:
            return True  # unreadable, or too deep to be named: no honest code makes such a folder
        calm += 1
        if calm == CALM_LOOKS:
            return False
    return True


def _taken(folder: Path, most_bytes: float) -> float:
    """The bytes that files below a folder take, or some number of them that is more than so many."""
    taken = 0.0
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                taken += BLOCK_BYTES
                if taken > most_bytes:
                    return taken
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                with suppress(FileNotFoundError):  # a file that is gone takes nothing more
                    taken += max(entry.stat(follow_symlinks=False).st_blocks * 512 - BLOCK_BYTES, 0)
    return taken


def _nameless(pid: int) -> float:
    """The bytes of the files that a process holds open and that are in no folder any more."""
    taken = 0.0
    with suppress(OSError):  # it has ended, or a container keeps its root from looking
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                file = descriptor.stat()
                taken += file.st_blocks * 512 if stat.S_ISREG(file.st_mode) and not file.st_nlink else 0
    return taken
