"""The warm parent of runs: it enters its confinement, and forks a run for each channel it is sent.

It comes out of a loader with the libraries loaded (:mod:`autograder.sandbox.loader`). It holds nothing that student
code must not see: no reference, no answer, no seed, no path of the course; a fork inherits all that its parent holds.
It never computes, so that forking stays safe.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict

from autograder.sandbox.confine import Confinement
from autograder.sandbox.deadline import cpu_seconds
from autograder.sandbox.traces import Block, forget
from autograder.wire import Failure, Observation, encode
from autograder.worker import reader
from autograder.worker.job import CallJob, Job, NotebookJob, ProbeJob, load, read_job, surroundings
from autograder.worker.run import run

# The environment of a run, beside its own folders.
KEPT = {"LANG", "MPLBACKEND", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}

# The server's own number, and the length of what follows.
READY = struct.Struct("<iI")
SPENT = struct.Struct("<d")
# A run's number. Where runs have a namespace of processes it is one in there, of no use outside.
FORKED = struct.Struct("<i")
# Exit status as wait gives it, peak memory in bytes, CPU time in seconds.
ENDED = struct.Struct("<iqd")


def serve(control_fd: int, visible: Sequence[str], scratch: str, layers: Sequence[str]) -> None:
    """Fork a run for each channel that comes on the control socket, until the other side is gone.

    The conversation is strictly in turn. First goes what confinement holds, as JSON after its length. Then, again and
    again: a channel comes, and the run's number goes; "time" may come, and its CPU time so far goes; "end" comes, the
    run is ended, and how it ended goes.
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
            try:
                kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
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
        try:
            job = read_job(_receiver(channel))
            _prepare(confinement, job, number, channel_fd, alive)
            block.rewrite("autograder run", os.environ)
        except OSError as error:
            channel.sendall(
                encode(Observation("", 0, "unstarted", failure=Failure("", f"confinement failed: {error}")))
            )
            os._exit(1)
        folder = confinement.folder(number)
        match job:
            case CallJob():
                reader.run(job, channel)
            case NotebookJob():
                load(job.kernel)()(job, folder, channel.sendall)  # the server has loaded it already
            case ProbeJob():
                run(job, folder, channel.sendall)
        # Ended from outside, or when nobody listens any more.
        channel.recv(1)
    finally:
        os._exit(0)


def _prepare(confinement: Confinement, job: Job, number: int, channel_fd: int, alive: int) -> None:
    folder = confinement.folder(number)
    confinement.apply({**job.limits, "memory_bytes": job.limits["memory_bytes"] + _held(job)}, folder)
    # From now on the server's death is this process's. If it has died before, nobody would end what begins here.
    if select.select([alive], [], [], 0)[0]:
        raise OSError("the server is gone")
    os.closerange(3, channel_fd)
    os.closerange(channel_fd + 1, 256)
    os.environ.update(PATH="/usr/bin:/bin", TMPDIR=folder, **surroundings(folder))


def _held(job: Job) -> int:
    """The bytes that a job takes, read and once more; without room for it the check page might not be loaded."""
    return 2 * sum(len(content) for content in job.files.values())


def _receiver(channel: socket.socket) -> Callable[[int], bytes]:
    def receive(size: int) -> bytes:
        return channel.recv(size, socket.MSG_WAITALL) if size else b""

    return receive
