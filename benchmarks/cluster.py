"""What a cluster costs: a worker of Dask's beside a thread of our own, on the same submissions of this machine.

    python benchmarks/cluster.py [--submissions 30] [--rounds 3] [--problem svm/cvxopt_svm]

A scheduler and one worker of one thread are started, as processes. In each round a class and one three times as large
are graded by the one and by the other: what the larger takes longer is without what is paid once. The same with classes
of those who have handed in nothing: what is left is what a task costs beside what is run in it. Prints medians, of the
clock and of the processor, all processes together.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import ours
import psutil

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@contextmanager
def one_worker(home: Path) -> Iterator[tuple[str, list[psutil.Process]]]:
    """The address of a scheduler that has one worker, and both processes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    processes = []
    with ExitStack() as stack:
        for words in (
            ("scheduler", "--host", "127.0.0.1", "--port", str(port)),
            ("worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--local-directory", str(home)),
        ):
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *words[1:], "--no-dashboard"],
                env=ENVIRONMENT,
                cwd=home,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            processes.append(psutil.Process(process.pid))
        yield address, processes


def took(
    submissions: Path, out: Path, problem: str, words: Sequence[str], others: Sequence[psutil.Process]
) -> tuple[float, float]:
    """Seconds that a class takes, of the clock and of the processor, what other processes do for it included."""
    command = [sys.executable, HERE / "ours.py", submissions, out, "--problem", problem, *words]
    before = sum(map(cpu_seconds, others))
    said = json.loads(subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, check=True).stdout)
    return said["seconds"], said["cpu_seconds"] + sum(map(cpu_seconds, others)) - before


def cpu_seconds(process: psutil.Process) -> float:
    """Of a process and of all that it has waited for."""
    return sum(process.cpu_times()[:4])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--problem", default="svm/cvxopt_svm")
    asked = parser.parse_args()
    (problem,) = ours.chosen([asked.problem])
    source = problem.reference.files[problem.module_file]
    home = Path(tempfile.mkdtemp(prefix="cluster-"))
    sizes = (asked.submissions, 3 * asked.submissions)
    for size in sizes:
        for number in range(size):
            whole = home / f"whole{size}" / f"student{number:05}"
            whole.mkdir(parents=True)
            (whole / problem.module_file).write_bytes(source + f"\n# {number}\n".encode())
            (home / f"empty{size}" / whole.name).mkdir(parents=True)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with one_worker(home) as (address, processes):
        places = {"thread": (("--workers", "1"), []), "cluster": (("--scheduler", address), processes)}
        for _ in range(asked.rounds):
            for kind, (where, (words, others)) in itertools.product(("whole", "empty"), places.items()):
                small, large = (took(home / f"{kind}{n}", home / "out", asked.problem, words, others) for n in sizes)
                each = [(more - less) / (sizes[1] - sizes[0]) for less, more in zip(small, large, strict=True)]
                found.setdefault((kind, where), []).append((each[0], each[1]))
    for kind, what in (("whole", problem.id), ("empty", "nothing handed in")):
        for clock, name in enumerate(("clock", "processor")):
            by = [1e3 * statistics.median(one[clock] for one in found[kind, where]) for where in places]
            print(f"{what}, {name}: {by[0]:.2f} ms each by a thread, {by[1]:.2f} by the cluster ({by[1] / by[0]:.2f})")
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
