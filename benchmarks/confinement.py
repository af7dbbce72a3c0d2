"""What each layer of confinement costs a run, as a ratio to the bare fork.

    python benchmarks/confinement.py [ROUNDS]

A run here is a module that does nothing: from asking a warm server for a fork until that has ended. The servers, one
for each choice of layers, are asked in turn, round by round, so that whatever else the machine does meets all alike.
Memory is the most that a run had at a time, what it shares with its server included.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict

from autograder.sandbox.confine import LAYERS
from autograder.sandbox.runs import START_SECONDS, Loader, Process, Server, Started
from autograder.worker.job import MIB, Limits, ProbeJob

ROUNDS = 200
WARM_UP = 5
JOB = ProbeJob(
    module="nothing",
    page="",
    given=(),
    allowed_imports=("numpy",),
    draws=(),
    data={},
    limits=asdict(Limits()),
    files={"nothing.py": b"import numpy as np\n"},
)


def milliseconds(start: float) -> float:
    """Since then."""
    return (time.perf_counter() - start) * 1e3


def finish(process: Process) -> int:
    """Hear that a run is ready and has imported its module, and end it; the most memory it had, in bytes."""
    for _ in range(2):
        observation = process.receive(START_SECONDS)
        if observation is None or observation.ending != "returned":
            raise SystemExit(f"a run has failed: {observation}")
    return process.end().peak_bytes


def measure(rounds: int) -> tuple[dict[str, list[float]], dict[str, list[int]], Mapping[str, str]]:
    """Milliseconds and bytes of each run, by what it was confined with; the layers this machine lacks, with reasons."""
    choices = {"bare fork": (), **{f"with {layer}": (layer,) for layer in LAYERS}, "with all of them": LAYERS}
    loader = Loader()
    servers = {name: Server(loader, ("numpy",), (), layers) for name, layers in choices.items()}
    lacking = servers["with all of them"].enforced.missing
    took: dict[str, list[float]] = {name: [] for name in [*choices, "fresh interpreter"]}
    peaks: dict[str, list[int]] = {name: [] for name in choices}
    for number in range(rounds + WARM_UP):
        for name, server in servers.items():
            start = time.perf_counter()
            peaks[name].append(finish(server.fork(JOB)))
            took[name].append(milliseconds(start))
        if number % 5 == 0:
            start = time.perf_counter()
            finish(Started(JOB, sys.executable, 1))
            took["fresh interpreter"].append(milliseconds(start))
    for server in servers.values():
        server.close()
    loader.close()
    return took, peaks, lacking


def medians(rounds: int) -> dict[str, float]:
    """The median of each."""
    took, _, _ = measure(rounds)
    return {name: statistics.median(times[WARM_UP:] or times) for name, times in took.items()}


def main(rounds: int) -> None:
    """Measure, and print the table."""
    took, peaks, lacking = measure(rounds)
    # What a run takes when nothing else is in its way; the median shows how much was.
    undisturbed = {name: statistics.quantiles(times[WARM_UP:], n=10)[0] for name, times in took.items()}
    bare = undisturbed["bare fork"]
    print(f"{rounds} rounds; milliseconds a run\n")
    print(f"{'':20} {'fastest tenth':>14} {'ratio':>7} {'adds':>7} {'median':>8} {'MiB':>6}")
    for name, fast in undisturbed.items():
        median = statistics.median(took[name][WARM_UP:])
        memory = f"{statistics.median(peaks[name]) / MIB:6.1f}" if name in peaks else ""
        print(f"{name:20} {fast:14.2f} {fast / bare:7.2f} {fast - bare:7.2f} {median:8.2f} {memory}".rstrip())
    for layer, why in lacking.items():
        print(f"\nthis machine has no {layer}: {why}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
