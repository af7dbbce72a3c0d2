"""The processes that runs are forked from: loaders, and the servers that they fork.

A *loader* imports a set of libraries once, and forks a server for each order. A *server* enters its confinement, and
forks a run for each channel that it is sent. It holds nothing that student code, which can read its own memory, must
not see: no reference, no answer, no seed, no path of the course. It never computes, so that forking stays safe.
"""

from __future__ import annotations

import gc
import importlib
import json
import mmap
import os
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from autograder.sandbox.confine import Confinement
from autograder.sandbox.usage import cpu_seconds, remove
from autograder.wire import Failure, Observation, encode
from autograder.worker import job as jobs
from autograder.worker import reader
from autograder.worker.job import CallJob, NotebookJob, ProbeJob, read_job, surroundings
from autograder.worker.run import hear_signals, run

# Modules that NumPy asks for when it opens its first file.
OF_NUMPY = ("zipfile", "encodings.cp437")
# Most bytes of an order: names of libraries and of folders.
ORDER_BYTES = 1 << 16
# The environment of a run, beside its own folders.
KEPT = {"LANG", "MPLBACKEND", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}

# From the server: its own number, and the length of the JSON that follows.
READY = struct.Struct("<iI")
# CPU time of the run so far, seconds.
SPENT = struct.Struct("<d")
# A run's number. Where runs have a namespace of processes it is one in there, of no use outside.
FORKED = struct.Struct("<i")
# Exit status as wait gives it, peak memory in bytes, CPU time in seconds.
ENDED = struct.Struct("<iqd")

# Values that modules cache, and look up again if they are None or empty.
_CACHED: tuple[tuple[str, str, object], ...] = (
    ("posix", "environ", {}),
    ("site", "USER_BASE", None),
    ("site", "USER_SITE", None),
    ("tempfile", "tempdir", None),
)


def load(start: tuple[int, tuple[str, ...]]) -> None:
    """Fork a server for each order, until the other side is gone.

    An order is JSON: the folder of matplotlib's settings, which the loader reads, and the arguments of :func:`serve`.
    With it come the server's ends of its control socket, and of a pipe for its errors until it is ready.

    Parameters
    ----------
    start : (int, tuple of str)
        The socket that orders come on; the names of modules to import, and of functions that load something.
    """
    asked_fd, preload = start
    hear_signals()
    mmap.mmap = PrivateMmap  # type: ignore[misc]
    asked = socket.socket(fileno=asked_fd)
    folders: list[Path] = []
    while True:
        message, fds, _, _ = socket.recv_fds(asked, ORDER_BYTES, 2)
        if not message:
            break
        with suppress(ChildProcessError):  # wait, so that its CPU time counts
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        order = json.loads(message)
        # Here, for the memory that holds the environment from the start on can't be erased.
        os.environ["MPLCONFIGDIR"] = order.pop("settings")
        if not folders:
            os.dup2(fds[1], 2)
            _import((*OF_NUMPY, *preload))
            os.dup2(0, 2)
        folders.append(Path(order["scratch"]))
        # Outside of the handler: an exception of a run would name the handled one as its context.
        if os.fork() == 0:
            message = b""  # a run must not know the folders
            folders.clear()
            _become_server(order, fds, asked)
        for fd in fds:
            os.close(fd)
    with suppress(ChildProcessError):
        while os.wait():
            pass
    for folder in folders:
        remove(folder)  # still there if whoever asked was killed


def _become_server(order: dict[str, Any], fds: Sequence[int], asked: socket.socket) -> None:
    control, said = fds
    try:
        asked.close()
        os.dup2(said, 2)
        os.setsid()
        os.chdir(order["scratch"])
        serve(control, **{name: order.pop(name) for name in [*order]})
    except BaseException:  # noqa: BLE001  no caller is left to raise it to
        traceback.print_exc()
    finally:
        os._exit(0)


def _import(names: Sequence[str]) -> None:
    # Matplotlib wants its cache of fonts, so libraries come before namespaces. They must have started no thread, or the
    # kernel makes no namespace for this process; that is why the environment says one thread to all of them.
    for name in names:
        if ":" in name:
            jobs.load(name)()
        else:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def serve(control_fd: int, visible: Sequence[str], scratch: str, layers: Sequence[str]) -> None:
    """Fork a run for each channel that comes on the control socket, until the other side is gone.

    The server first sends the record of what is enforced, as JSON after its length. Then it answers, strictly in turn:
    a channel with the run's number, "t" with the run's CPU time so far, "e" with how the run has ended.
    """
    control = socket.socket(fileno=control_fd)
    pid = os.getpid()
    forget()
    confinement = Confinement(visible, scratch, layers)
    del scratch
    enforced = confinement.enter()
    gc.freeze()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    said = json.dumps(asdict(enforced)).encode()
    control.sendall(READY.pack(pid, len(said)) + said)
    # The pipe's writing end is closed when this process is gone.
    alive, ours = os.pipe()
    number = 0
    while True:
        message, fds, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        number += 1
        pid = confinement.fork()
        if pid == 0:
            os.close(ours)
            _run(control, fds[0], confinement, number, alive)
        os.close(fds[0])
        control.sendall(FORKED.pack(pid))
        while (asked := control.recv(1)) == b"t":
            control.sendall(SPENT.pack(cpu_seconds(pid)))
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        confinement.clear(number)
        if not asked:
            return
        control.sendall(ENDED.pack(status, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime))


def _run(control: socket.socket, channel_fd: int, confinement: Confinement, number: int, alive: int) -> None:
    try:
        control.close()
        os.setsid()
        channel = socket.socket(fileno=channel_fd)
        folder = confinement.folder(number)
        try:
            job = read_job(lambda size: channel.recv(size, socket.MSG_WAITALL) if size else b"")
            # Memory for the job itself, twice: without it the check page might not be loaded.
            held = 2 * sum(map(len, job.files.values()))
            confinement.apply({**job.limits, "memory_bytes": job.limits["memory_bytes"] + held}, folder)
            # From now on this process dies with the server; it may have died before.
            if select.select([alive], [], [], 0)[0]:
                raise OSError("the server is gone")
            os.closerange(3, channel_fd)
            os.closerange(channel_fd + 1, 256)
            os.environ.update(PATH="/usr/bin:/bin", TMPDIR=folder, **surroundings(folder))
        except OSError as error:
            failure = Failure("", f"confinement failed: {error}")
            channel.sendall(encode(Observation("", 0, "unstarted", failure=failure)))
            os._exit(1)
        match job:
            case CallJob():
                reader.run(job, channel)
            case NotebookJob():
                jobs.load(job.kernel)()(job, folder, channel.sendall)  # the server has loaded it already
            case ProbeJob():
                run(job, folder, channel.sendall)
        # Ended from outside, or when the other side is gone.
        channel.recv(1)
    finally:
        os._exit(0)


class PrivateMmap(mmap.mmap):
    """``mmap.mmap``, but private for a file that is only read, as by ``numpy.load(…, mmap_mode="r")``.

    Runs are refused shared mappings of files, which could carry messages between them.
    """

    __slots__ = ()

    def __new__(cls, fileno: int, length: int, *args: Any, **more: Any) -> Self:
        """Take what ``mmap.mmap`` takes."""
        if fileno != -1 and more.get("access") == mmap.ACCESS_READ:
            more |= {"access": mmap.ACCESS_DEFAULT, "flags": mmap.MAP_PRIVATE, "prot": mmap.PROT_READ}
        return super().__new__(cls, fileno, length, *args, **more)


def forget() -> None:
    """Erase the command, the environment that loading the libraries needed, and what Python has read from either."""
    for name in os.environ.keys() - KEPT:
        del os.environ[name]
    sys.orig_argv.clear()
    for module, name, value in _CACHED:
        if module in sys.modules:
            setattr(sys.modules[module], name, value)
