"""Runs forked out of warm servers, as the grader holds them.

A *loader* is started once and has the libraries loaded; it is asked for servers, and forks them. A *server* is
confined; it is asked for runs, and forks those. What goes on in them is in :mod:`autograder.sandbox.loader` and
:mod:`autograder.sandbox.server`.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from autograder.sandbox.confine import remove
from autograder.sandbox.deadline import Deadline
from autograder.sandbox.enforced import Enforced
from autograder.sandbox.loader import load
from autograder.sandbox.process import (
    PREFIX,
    START_SECONDS,
    Ended,
    SandboxError,
    command,
    environment,
    how,
    installation,
)
from autograder.sandbox.scratch import has_room, larger
from autograder.sandbox.server import ENDED, FORKED, READY, SPENT
from autograder.wire import MAX_BODY_BYTES, Observation, Part, read
from autograder.worker import reader
from autograder.worker.job import Job, parts
from autograder.worker.limits import MIB

# How often a run without a memory of its own for files is looked at.
LOOK_SECONDS = 0.25
# Read at once: most messages whole, and some of what follows them.
READ_BYTES = 1 << 16
# A server answers at once, however busy the machine; one that takes longer is stopped, or thrashes.
ANSWER_SECONDS = 20.0
# What a server that is no longer asked anything has to end.
END_SECONDS = 2.0
# Whatever a server may leak with each run, it does not leak without end: another is a few milliseconds' work.
MOST_RUNS = 1_000


class DiskFullError(Exception):
    """A run has written more than it may."""


class Loader:
    """A process with the libraries loaded, from which servers are forked: each library is loaded once for all of them.

    It is started when the first server is asked for, once for each seed of hashes, and may be asked from several
    threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[int, tuple[subprocess.Popen[bytes], socket.socket]] = {}
        self._servers: set[int] = set()
        self._abandoned = False

    def abandon(self) -> None:
        """End all servers at once, and whatever they run, and make no others.

        Whoever waits for a run in another thread has its end, and none after it.
        """
        with self._lock:
            self._abandoned = True
            for pid in self._servers:
                _kill(pid)

    def serves(self, pid: int) -> None:
        """There is a server of this number."""
        with self._lock:
            self._servers.add(pid)
            if self._abandoned:
                _kill(pid)

    def served(self, pid: int) -> None:
        """There is none any more."""
        with self._lock:
            self._servers.discard(pid)

    def order(self, order: bytes, fds: list[int], hash_seed: int) -> None:
        """Ask for a server. Where there is nobody to ask any more another is started, once."""
        with self._lock:
            if self._abandoned:
                raise BrokenPipeError("nothing is run any more")
            try:
                self._send(order, fds, hash_seed)
            except OSError:
                self._end(hash_seed)
                self._send(order, fds, hash_seed)

    def close(self) -> None:
        """End it; the servers end with those that ask them."""
        with self._lock:
            for hash_seed in [*self._started]:
                self._end(hash_seed)

    def _send(self, order: bytes, fds: list[int], hash_seed: int) -> None:
        if hash_seed not in self._started:
            self._started[hash_seed] = self._start(hash_seed)
        socket.send_fds(self._started[hash_seed][1], [order], fds)

    def _start(self, hash_seed: int) -> tuple[subprocess.Popen[bytes], socket.socket]:
        asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                command(load, theirs.fileno()),
                env=environment() | {"PYTHONHASHSEED": str(hash_seed)},
                cwd="/",
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # It hears signals, and those for the grader's terminal are not meant for it.
                start_new_session=True,
            )
        return process, asked

    def _end(self, hash_seed: int) -> None:
        if hash_seed in self._started:
            process, asked = self._started.pop(hash_seed)
            asked.close()
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
        self,
        loader: Loader,
        preload: tuple[str, ...],
        visible: tuple[str, ...],
        layers: tuple[str, ...],
        hash_seed: int = 0,
    ) -> None:
        if not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
            raise SandboxError(
                "runs can't be confined on this system: grade on Linux "
                "(`autograder check` works here, on one's own code)"
            )
        self._scratch = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        self._scratch.chmod(0o711)  # whoever a run is, it must get to its own folder
        self._loader = loader
        self._pid = 0
        self._runs = 0
        # What it says until it is ready; the end of that is its own end.
        self._said, said = os.pipe()
        self._heard = b""
        self._control, theirs = socket.socketpair()
        order = {
            "preload": preload,
            "visible": [*installation(), *visible],
            "scratch": str(self._scratch),
            "layers": layers,
        }
        try:
            with theirs:
                loader.order(json.dumps(order).encode(), [theirs.fileno(), said], hash_seed)
        except OSError:
            os.close(said)
            self.close()
            raise
        os.close(said)
        self._control.settimeout(START_SECONDS)
        self.enforced = self._ready()
        loader.serves(self._pid)
        self._control.settimeout(ANSWER_SECONDS)

    def _ready(self) -> Enforced:
        try:
            self._pid, length = READY.unpack(self._receive(READY.size))
            return msgspec.json.decode(self._receive(length), type=Enforced)
        except (struct.error, msgspec.DecodeError, TimeoutError):
            self.kill()
            # What still loads its libraries has no number yet, and may never end.
            self._ended(END_SECONDS)
            said = self._heard.decode(errors="replace").strip().splitlines()
            self.close()
            raise SandboxError(f"the worker did not start: {said[-1] if said else 'it said nothing'}") from None

    @property
    def worn(self) -> bool:
        """Whether it has made so many runs that another should make the next."""
        return self._runs >= MOST_RUNS

    def fork(self, job: Job) -> Forked:
        """Fork a run of a job."""
        self._runs += 1
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
        watched = None if self.enforced.namespaces else (self._scratch, *FORKED.unpack(said))
        if watched and not has_room(self._scratch):
            ours.close()
            self.end()
            raise SandboxError("no room is left for the files of a run")
        return Forked(self, ours, job, watched)

    def spent(self) -> float:
        """The CPU time that the fork has used so far, seconds; 0 when the server is gone, and the fork with it."""
        try:
            self._control.sendall(b"t")
            said = self._receive(SPENT.size)
        except TimeoutError:
            self.kill()  # what it may still say would be taken for the end of the run
            return 0.0
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
        return Ended(how(code), seconds, peak, out_of_time=code == -signal.SIGXCPU)

    def kill(self) -> None:
        """End the server at once, and whatever it runs."""
        if self._pid and not self._ended(0):
            _kill(self._pid)
            self._ended(END_SECONDS)

    def close(self) -> None:
        """End the server, and whatever it runs."""
        self._control.close()
        self._loader.served(self._pid)
        if self._said >= 0:
            if not self._ended(END_SECONDS):
                self.kill()
            os.close(self._said)
            self._said = -1
        remove(self._scratch)

    def _ended(self, seconds: float) -> bool:
        """Whether the process ends within so many seconds: nobody else has the other end of its pipe."""
        ends = time.monotonic() + seconds
        while select.select([self._said], [], [], max(ends - time.monotonic(), 0))[0]:
            if not (said := os.read(self._said, MIB)):
                return True
            self._heard += said
        return False

    def _receive(self, size: int) -> bytes:
        try:
            return self._control.recv(size, socket.MSG_WAITALL)
        except ConnectionError:
            return b""


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
        try:
            for part in _gathered(parts(job)):
                channel.sendall(part)
        except ConnectionError:
            pass  # it is gone already, and receive() says so

    def receive(
        self, seconds: float, most_bytes: int = MAX_BODY_BYTES, most_seconds: float = math.inf
    ) -> Observation | None:
        """As a process's."""
        self._deadline = Deadline(seconds, self._server.spent, most=most_seconds)

        def exactly(size: int) -> bytearray:
            while len(self._unread) < size:
                part = self._part(max(size - len(self._unread), READ_BYTES), self._deadline)
                if not part:
                    break
                self._unread += part
            if len(self._unread) == size:  # as it is of what is large: taken as it is, and not copied
                taken, self._unread = self._unread, bytearray()
                return taken
            taken = self._unread[:size]
            del self._unread[:size]
            return taken

        return read(exactly, most_bytes)

    @property
    def charged(self) -> float:
        """The seconds that the last message is charged with, as its deadline counts them."""
        return self._deadline.charged()

    def answer(self, answer: Sequence[Part], fd: int | None = None) -> None:
        """Answer what a reader has asked, with a file's descriptor if one was asked for; it may be gone."""
        self._channel.settimeout(ANSWER_SECONDS)
        try:
            head = reader.ANSWER.pack(sum(map(len, answer)))
            if fd is None:
                self._channel.sendall(head)
            else:
                socket.send_fds(self._channel, [head], [fd])
            for part in answer:
                self._channel.sendall(part)
        except (ConnectionError, TimeoutError):
            pass  # receive() says so

    def _part(self, size: int, deadline: Deadline) -> bytes:
        """Some bytes, at least one, of those that are due; none when there will be none."""
        while True:
            left = deadline.wait()
            if self._watched is not None and time.monotonic() - self._looked > LOOK_SECONDS:
                if larger(*self._watched, self._limits["scratch_bytes"]):
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


def _gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer parts, none of them joined to a large one."""
    held = b""
    for part in parts:
        if len(held) + len(part) > READ_BYTES:
            if held:
                yield held
            held = b""
        if len(part) > READ_BYTES:
            yield part
        else:
            held += part
    if held:
        yield held
