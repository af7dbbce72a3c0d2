"""How many bits one run can tell another by time alone, with all layers of confinement on.

    python benchmarks/channels.py [ROUNDS]

Two channels that no filter can close. *After one another*: the sender reads some of many files that nobody has read
yet, and the receiver, in a later run, times its own reads: what is in memory comes faster. *At the same time*: the
sender copies memory or sleeps, slot by slot of the clock, and the receiver times its own copies. The bits are random;
what is printed is the share of them that arrived wrong, and how many a second that leaves, by Shannon's formula.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from autograder.sandbox.runs import START_SECONDS, Loader, Process, Server
from autograder.worker.job import Limits, ProbeJob

ROUNDS = 5
BITS = 256
SLOTS = (0.1, 0.03, 0.01)

READS = """
import os, time
FOLDER, BITS = {folder!r}, {bits!r}
took = []
for number, bit in enumerate(BITS):
    if bit == "1":
        fd = os.open(FOLDER + "/" + str(number), os.O_RDONLY)
        start = time.perf_counter()
        os.read(fd, 1)
        took.append(time.perf_counter() - start)
        os.close(fd)
print(" ".join(format(1e6 * one, ".0f") for one in took))
"""
SENDS = """
import time
import numpy as np
BITS, START, SLOT = {bits!r}, {start!r}, {slot!r}
large, other = np.ones(1 << 22), np.ones(1 << 22)
for number, bit in enumerate(BITS):
    while time.monotonic() < START + SLOT * (number + 1):
        if bit == "1":
            np.copyto(other[: 1 << 18], large[: 1 << 18])
        else:
            time.sleep(max(0, START + SLOT * (number + 1) - time.monotonic()))
"""
HEARS = """
import time
import numpy as np
BITS, START, SLOT = {bits!r}, {start!r}, {slot!r}
large, other = np.ones(1 << 20), np.ones(1 << 20)
speeds = []
for number in range(len(BITS)):
    done = 0
    while time.monotonic() < START + SLOT * number:
        pass
    while time.monotonic() < START + SLOT * (number + 0.9):
        np.copyto(other[: 1 << 16], large[: 1 << 16])
        done += 1
    speeds.append(done)
print(" ".join(map(str, speeds)))
"""


def begin(server: Server, program: str, **named: object) -> Process:
    """A run that carries a program out."""
    limits = asdict(Limits(output_characters=20_000, cpu_seconds=120, import_seconds=120.0))
    files = {"channel.py": program.format(**named).encode()}
    process = server.fork(ProbeJob("channel", "", (), ("numpy",), (), {}, limits, files))
    if (ready := process.receive(START_SECONDS)) is None or ready.ending != "returned":
        raise SystemExit(f"a run has failed: {ready}")
    return process


def finish(process: Process) -> list[float]:
    """The numbers that it prints."""
    said = process.receive(120.0)
    process.end()
    if said is None or said.ending != "returned":
        raise SystemExit(f"a run has failed: {said}")
    return [float(number) for number in said.output.split()]


def wrong(sent: str, heard: list[float]) -> float:
    """The share of bits that arrive wrong, where the receiver knows which half of what it has measured is a one."""
    between = statistics.median(heard)
    guessed = ["1" if one < between else "0" for one in heard]
    return statistics.mean(one != other for one, other in zip(sent, guessed, strict=True))


def capacity(errors: float) -> float:
    """The information in a bit of which so many are wrong."""
    if errors in (0.0, 1.0):
        return 1.0
    return 1 + errors * math.log2(errors) + (1 - errors) * math.log2(1 - errors)


def message() -> str:
    """Random bits, as many ones as zeros."""
    bits = list("01" * (BITS // 2))
    random.shuffle(bits)
    return "".join(bits)


def after_one_another(server: Server, folder: Path) -> tuple[float, float]:
    """Errors, and seconds that both runs took."""
    for number in range(BITS):
        path = folder / str(number)
        path.write_bytes(bytes(4096))
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)
    bits, start = message(), time.perf_counter()
    finish(begin(server, READS, folder=str(folder), bits=bits))
    heard = finish(begin(server, READS, folder=str(folder), bits="1" * BITS))
    return wrong(bits, heard), time.perf_counter() - start


def at_the_same_time(sender: Server, receiver: Server, slot: float) -> float:
    """Errors."""
    bits, start = message(), time.monotonic() + 1.0
    both = [begin(one, text, bits=bits, start=start, slot=slot) for one, text in ((sender, SENDS), (receiver, HEARS))]
    return wrong(bits, finish(both[1]) if not finish(both[0]) else [])


def main(rounds: int) -> None:
    """Measure, and print."""
    loader = Loader()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        servers = [
            Server(loader, ("numpy",), (name,), ("namespaces", "landlock", "seccomp", "identity", "limits"))
            for _ in "ab"
        ]
        print(f"layers: {', '.join(servers[0].enforced.held)}; {BITS} bits, {rounds} rounds; median and range\n")
        seen = [after_one_another(servers[0], folder) for _ in range(rounds)]
        show(
            "pages of files, one run after the other",
            [errors for errors, _ in seen],
            BITS / statistics.median(took for _, took in seen),
        )
        for slot in SLOTS:
            errors = [at_the_same_time(*servers, slot) for _ in range(rounds)]
            show(f"copies of memory, at the same time, slots of {1000 * slot:.0f} ms", errors, 1 / slot)
        for server in servers:
            server.close()
    loader.close()


def show(what: str, errors: list[float], per_second: float) -> None:
    """A line."""
    median = min(statistics.median(errors), 0.5)
    print(
        f"{what}: {median:.1%} wrong ({min(errors):.1%} to {max(errors):.1%}), "
        f"{per_second:.0f} bits a second sent, {per_second * capacity(median):.1f} arrive"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
