"""The processes that runs are forked from: a loader, and the servers that it forks.

The *loader* loads libraries, and forks a server whenever one is ordered. Servers differ in what they are confined to,
and in the libraries that their runs want. Loading these takes a second, so a loader forks another for each set of them,
which forks all servers that want the same.

A *server* enters its confinement, and forks a run for each channel that it is sent. It holds nothing that student code
must not see: no reference, no answer, no seed, no path of the course; a fork inherits all that its parent holds. It
never computes, so that forking stays safe.

Traces of how a process was started are erased: a run inherits the words of the command, the environment, and what
libraries have made of them, and student code reads its own memory by ``ctypes``. What a run can't help knowing is where
Python, the engine, the data and its own folder lie.
"""

from __future__ import annotations

import ctypes
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
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, Self

from autograder.sandbox.confine import Confinement
from autograder.sandbox.deadline import cpu_seconds
from autograder.sandbox.scratch import remove
from autograder.wire import Failure, Observation, encode
from autograder.worker import job as jobs
from autograder.worker import reader
from autograder.worker.job import CallJob, Job, NotebookJob, ProbeJob, read_job, surroundings
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

# Fields of /proc/self/stat, after the name: where the words of the command begin, and where the environment ends.
_BEGINS, _ENDS = 45, 48
# Values that modules have looked up once, and look up again where they are None or empty.
_FROM_SURROUNDINGS: Mapping[str, Mapping[str, object]] = {
    "posix": {"environ": {}},
    "site": {"USER_BASE": None, "USER_SITE": None},
    "tempfile": {"tempdir": None},
}


def load(asked_fd: int) -> None:
    """Fork a server for each order, until the other side is gone.

    An order is JSON: ``preload``, names of modules, and of functions that load something; and the arguments of
    :func:`serve`. With it come the server's end of its control socket, and that of a pipe for what it says until it is
    ready.
    """
    hear_signals()
    substitute()
    _import(OF_NUMPY)
    _fill(socket.socket(fileno=asked_fd), ())


def _fill(asked: socket.socket, loaded: tuple[str, ...]) -> None:
    """Fill the orders for servers with these libraries; a loader forked from this one fills those for others."""
    others: dict[tuple[str, ...], socket.socket] = {}
    folders = []
    while True:
        message, fds, _, _ = socket.recv_fds(asked, ORDER_BYTES, 2)
        if not message:
            break
        _wait(os.WNOHANG)
        order = json.loads(message)
        preload = tuple(order.pop("preload"))
        folders.append(Path(order["scratch"]))
        if preload == loaded:
            if os.fork() == 0:
                message = b""  # what is known of folders is no run's business
                folders.clear()
                _become_server(order, fds, (asked, *others.values()))
        # Not forked where an exception is handled: whatever is raised in a run would be said to come of it.
        elif not _sent(others.get(preload), message, fds):
            others[preload], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            socket.send_fds(others[preload], [message], fds)
            if os.fork() == 0:
                message = b""
                folders.clear()
                order.clear()
                _become_loader(theirs, preload, fds, (asked, *others.values()))
            theirs.close()
        for fd in fds:
            os.close(fd)
    for loader in others.values():
        loader.close()
    _wait()
    for folder in folders:
        remove(folder)  # still there if whoever asked was killed


def _sent(loader: socket.socket | None, message: bytes, fds: Sequence[int]) -> bool:
    try:
        return loader is not None and socket.send_fds(loader, [message], fds) > 0
    except OSError:  # it is gone
        return False


def _wait(options: int = 0) -> None:
    """Wait for what was forked here, so that its CPU time counts; each ends when nobody has anything to ask it."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _become_server(order: dict[str, Any], fds: Sequence[int], inherited: Sequence[socket.socket]) -> None:
    control, said = fds
    with _fork_of(inherited, said):
        os.setsid()
        os.chdir(order["scratch"])
        serve(control, **{name: order.pop(name) for name in [*order]})


def _become_loader(
    asked: socket.socket, preload: tuple[str, ...], fds: Sequence[int], inherited: Sequence[socket.socket]
) -> None:
    control, said = fds
    with _fork_of(inherited, said):
        # They come again, with the order. Nobody hears of the end of a pipe that is held open elsewhere.
        os.close(control)
        os.close(said)
        _import(preload)
        os.dup2(0, 2)
        _fill(asked, preload)


@contextmanager
def _fork_of(inherited: Sequence[socket.socket], said: int) -> Iterator[None]:
    """The life of a fork of this process, which says what ends it and never comes back."""
    try:
        for end in inherited:
            end.close()
        os.dup2(said, 2)
        yield
    except BaseException:  # noqa: BLE001  there is nobody to raise it to
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

    The conversation is strictly in turn. First goes the record of what confinement holds, as JSON after its length.
    Then, again and again: a channel comes, and the run's number goes; "time" may come, and its CPU time so far goes;
    "end" comes, the run is ended, and how it ended goes.
    """
    control = socket.socket(fileno=control_fd)
    pid = os.getpid()
    # What loading the libraries needed of the surroundings is nobody's business any more.
    block = Block.find()
    forget(KEPT)
    block.rewrite("autograder server", {})
    confinement = Confinement(visible, scratch, layers)
    del scratch
    enforced = confinement.enter()
    gc.freeze()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    said = json.dumps(asdict(enforced)).encode()
    control.sendall(READY.pack(pid, len(said)) + said)
    # Its writing end is closed when this process is gone.
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
            _run(control, fds[0], confinement, number, alive, block)
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


def _run(
    control: socket.socket, channel_fd: int, confinement: Confinement, number: int, alive: int, block: Block
) -> None:
    """The fork's life: its own session, one job, and no way back into the server's loop."""
    try:
        control.close()
        os.setsid()
        channel = socket.socket(fileno=channel_fd)
        folder = confinement.folder(number)
        try:
            job = read_job(lambda size: channel.recv(size, socket.MSG_WAITALL) if size else b"")
            _prepare(confinement, job, folder, channel_fd, alive)
            block.rewrite("autograder run", os.environ)
        except OSError as error:
            channel.sendall(
                encode(Observation("", 0, "unstarted", failure=Failure("", f"confinement failed: {error}")))
            )
            os._exit(1)
        match job:
            case CallJob():
                reader.run(job, channel)
            case NotebookJob():
                jobs.load(job.kernel)()(job, folder, channel.sendall)  # the server has loaded it already
            case ProbeJob():
                run(job, folder, channel.sendall)
        # Ended from outside, or when nobody listens any more.
        channel.recv(1)
    finally:
        os._exit(0)


def _prepare(confinement: Confinement, job: Job, folder: str, channel_fd: int, alive: int) -> None:
    # Room for the job itself, read and once more; without it the check page might not be loaded.
    held = 2 * sum(map(len, job.files.values()))
    confinement.apply({**job.limits, "memory_bytes": job.limits["memory_bytes"] + held}, folder)
    # From now on the server's death is this process's. If it has died before, nobody would end what begins here.
    if select.select([alive], [], [], 0)[0]:
        raise OSError("the server is gone")
    os.closerange(3, channel_fd)
    os.closerange(channel_fd + 1, 256)
    os.environ.update(PATH="/usr/bin:/bin", TMPDIR=folder, **surroundings(folder))


class PrivateMmap(mmap.mmap):
    """``mmap.mmap``, but private by default for a file that is only read.

    Runs are refused shared mappings of files, by which two could speak to each other. An array of
    ``numpy.load(…, mmap_mode="r")`` asks for one, for want of saying otherwise; to whoever only reads, both are the
    same.
    """

    __slots__ = ()

    def __new__(cls, fileno: int, length: int, *args: Any, **more: Any) -> Self:
        """As ``mmap.mmap``'s: after the length come flags, rights, access and offset."""
        named = {**dict(zip(("flags", "prot", "access", "offset"), args, strict=False)), **more}
        if fileno != -1 and "flags" not in named:
            if named.get("access") == mmap.ACCESS_READ and "prot" not in named:
                del named["access"]
                named["prot"] = mmap.PROT_READ
            if "access" not in named and not named.get("prot", mmap.PROT_WRITE) & mmap.PROT_WRITE:
                named["flags"] = mmap.MAP_PRIVATE
        return super().__new__(cls, fileno, length, **named)


def substitute() -> None:
    """Give libraries and student code what works in a run, where the original is refused because others hear of it.

    The machine's load and its memory stay those of the moment when the libraries were loaded.
    """
    ask = os.sysconf
    try:
        load_average = os.getloadavg()
    except OSError:
        load_average = (0.0, 0.0, 0.0)  # nobody says
    memory: dict[object, int] = {}
    for name in ("SC_PHYS_PAGES", "SC_AVPHYS_PAGES"):
        memory[name] = memory[os.sysconf_names[name]] = ask(name)

    def sysconf(name: str | int) -> int:
        return memory[name] if name in memory else ask(name)

    os.getloadavg, os.sysconf = lambda: load_average, sysconf
    mmap.mmap = PrivateMmap  # type: ignore[misc]


@dataclass(frozen=True)
class Block:
    """The memory in which the kernel has handed over a command and an environment."""

    address: int
    size: int

    @classmethod
    def find(cls) -> Self:
        """Find that of this process; it is empty where nobody says where it is."""
        try:
            fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            return cls(int(fields[_BEGINS]), int(fields[_ENDS]) - int(fields[_BEGINS]))
        except (OSError, IndexError, ValueError):
            return cls(0, 0)

    def rewrite(self, name: str, environment: Mapping[str, str]) -> None:
        """Overwrite all of it with a name and an environment, as far as they fit."""
        words = (name, *(f"{key}={value}" for key, value in environment.items()))
        text = b"".join(os.fsencode(word) + b"\0" for word in words)[: max(self.size - 1, 0)]
        ctypes.memmove(self.address, text.ljust(self.size, b"\0"), self.size)


def forget(kept: Collection[str]) -> None:
    """Forget the command, the environment but for what is kept, and what libraries have made of either."""
    for name in [*os.environ]:
        if name in kept:
            os.environ[name] = os.environ[name]  # anew, outside of the block
        else:
            del os.environ[name]
    sys.orig_argv[:] = sys.orig_argv[:0]
    for module, values in _FROM_SURROUNDINGS.items():
        for name, value in values.items():
            if hasattr(sys.modules.get(module), name):
                setattr(sys.modules[module], name, value)
    if settings := getattr(sys.modules.get("sysconfig"), "_CONFIG_VARS", None):
        settings["userbase"] = "~/.local"
    # Matplotlib keeps the folder of its settings, once it has looked for it.
    for name in ("get_configdir", "get_cachedir"):
        function = getattr(sys.modules.get("matplotlib"), name, None)
        if isinstance(function, FunctionType):
            cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
            if cells.keys() >= {"called", "ret"}:
                cells["called"].cell_contents, cells["ret"].cell_contents = False, None
