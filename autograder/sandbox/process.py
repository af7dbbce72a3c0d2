"""A process that runs student code, as the grader holds it: what it is asked, what it says, and how it ends.

A :class:`Started` run is a process of its own on any system, for students' checks of their own code; one that comes
confined out of a warm server is in :mod:`autograder.sandbox.runs`.
"""

from __future__ import annotations

import math
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import autograder
from autograder import Error
from autograder.sandbox.confine import SYSTEM
from autograder.sandbox.deadline import Deadline, cpu_seconds
from autograder.wire import MAX_BODY_BYTES, Observation, WireError, read
from autograder.worker.job import ProbeJob, entry_point, parts, surroundings
from autograder.worker.run import once

START_SECONDS = 60.0
# How the names of folders begin that are made for runs.
PREFIX = "autograder-"
# What a system's own programs and libraries ask for, where a run is a process like any other.
OF_THE_SYSTEM = ("PATH", "SYSTEMROOT", "TMP", "TEMP", "TMPDIR")

_ENGINE = Path(autograder.__file__).resolve().parent
_BOOT = f"import sys; sys.path.insert(0, {str(_ENGINE.parent)!r}); "


class SandboxError(Error):
    """No process could be started as it must be: a fault of the machine or of ours, never of a submission."""


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

    def receive(
        self, seconds: float, most_bytes: int = MAX_BODY_BYTES, most_seconds: float = math.inf
    ) -> Observation | None:
        """The next message; None when there will be none. Raises TimeoutError, or WireError when it is nonsense.

        Of the clock it takes no more than the `most_seconds`, also where others have the processor.
        """

    @property
    def charged(self) -> float:
        """The seconds that the last message is charged with, as its deadline counts them."""

    def end(self) -> Ended:
        """End the process, and say how it had ended."""


def environment(blas_threads: int = 1) -> dict[str, str]:
    """The environment of a process that runs student code: as much as its libraries have to know."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return {
        # One thread each: forking stays safe, and sums don't depend on the number of cores.
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(blas_threads)),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(Path(cache, "autograder", "matplotlib")),
        "PYTHONHASHSEED": "0",
    }


def command(function: Callable[..., object], argument: object, python: str = sys.executable) -> list[str]:
    """Return the command that calls a function of ours in a fresh interpreter, which has our modules at hand."""
    module, name = entry_point(function).split(":")
    call = f"from {module} import {name}; {name}({argument!r})"
    # As "-I", which has no ear for the seed of hashes: the environment is ours.
    return [python, "-P", "-s", "-c", _BOOT + call]


def installation() -> list[str]:
    """The folders of the Python installation, and of the engine's own modules."""
    found = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable), _ENGINE]
    found += [Path(entry) for entry in sys.path if "-packages" in entry]
    # The interpreter a virtual environment links to may itself be reached through links.
    real = [path.resolve() for path in found]
    return list(dict.fromkeys(str(path) for path in (*found, *real) if path.exists()))


def exposed(paths: Iterable[Path], data: Iterable[Path]) -> list[Path]:
    """Those of the paths that lie where runs may read: in folders of the system, of Python, the engine or the data."""
    shown = [Path(folder).resolve() for folder in (*SYSTEM, *installation(), *(str(path) for path in data))]
    return [path for path in paths if any(path.resolve().is_relative_to(folder) for folder in shown)]


class Started:
    """A run in a process started for it alone: any system, and slower."""

    def __init__(self, job: ProbeJob, python: str, blas_threads: int) -> None:
        self._scratch = tempfile.mkdtemp(prefix=PREFIX)
        folder = str(Path(self._scratch).resolve())
        told = {name: os.environ[name] for name in OF_THE_SYSTEM if name in os.environ}
        self._process = subprocess.Popen(
            command(once, folder, python),
            env=told | environment(blas_threads) | surroundings(folder),
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
        try:
            with self._process.stdin as channel:
                channel.writelines(parts(job))
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

    def receive(
        self, seconds: float, most_bytes: int = MAX_BODY_BYTES, most_seconds: float = math.inf
    ) -> Observation | None:
        """As a process's; it is one's own, and whatever it says is read as it comes."""
        del most_bytes
        self._deadline = Deadline(seconds, lambda: cpu_seconds(self._process.pid), most=most_seconds)
        while True:
            try:
                message = self._messages.get(timeout=self._deadline.wait())
                break
            except queue.Empty:
                continue
        if isinstance(message, WireError):
            raise message
        return message

    @property
    def charged(self) -> float:
        """As a process's."""
        return self._deadline.charged()

    def end(self) -> Ended:
        """As a process's."""
        if self._ended is None:
            try:
                # A process that has closed its channel is about to end; one that hangs is ended.
                self._ended = Ended(how(self._process.wait(0.2)))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                self._ended = Ended("")
            shutil.rmtree(self._scratch, ignore_errors=True)
        return self._ended


def how(status: int) -> str:
    """How a process ended by itself, as a clause; an empty text where it was killed, as all are in the end."""
    if status >= 0:
        return f"the process ended by itself, with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"  # those of real time have no names
    return "" if name == "SIGKILL" else f"the process was ended by {name}"
