"""What a cluster costs: a worker of Dask's beside a thread of our own, on the same submissions of this machine.

    python benchmarks/cluster.py [--submissions 100] [--rounds 3] [--problem svm/cvxopt_svm]

A scheduler and one worker of one thread are started, as processes. In each round the class is graded by the one and by
the other, and so is a class of as many who have handed in nothing: what that takes longer is what a task costs beside
what is run in it. Prints medians, from the first report of a class to the last: start-up is paid once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import ours

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@contextmanager
def one_worker(home: Path) -> Iterator[str]:
    """The address of a scheduler that has one worker."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
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
        yield address


def seconds(submissions: Path, out: Path, problem: str, *words: str) -> float:
    """What a submission takes, of a class."""
    command = [sys.executable, HERE / "ours.py", submissions, out, "--problem", problem, *words]
    said = json.loads(subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, check=True).stdout)
    return float(said["steady_seconds"])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--problem", default="svm/cvxopt_svm")
    asked = parser.parse_args()
    (problem,) = ours.chosen([asked.problem])
    source = problem.reference.files[problem.module_file]
    home = Path(tempfile.mkdtemp(prefix="cluster-"))
    for number in range(asked.submissions):
        whole = home / "whole" / f"student{number:05}"
        whole.mkdir(parents=True)
        (whole / problem.module_file).write_bytes(source + f"\n# {number}\n".encode())
        (home / "empty" / whole.name).mkdir(parents=True)
    took: dict[tuple[str, str], list[float]] = {}
    with one_worker(home) as address:
        for _ in range(asked.rounds):
            for kind in ("whole", "empty"):
                for where, words in (("thread", ("--workers", "1")), ("cluster", ("--scheduler", address))):
                    one = seconds(home / kind, home / "out", asked.problem, *words)
                    took.setdefault((kind, where), []).append(one)
    for kind, what in (("whole", problem.id), ("empty", "nothing handed in")):
        thread, cluster = (1e3 * statistics.median(took[kind, where]) for where in ("thread", "cluster"))
        print(
            f"{what}: {thread:.2f} ms a submission by a thread, {cluster:.2f} by the cluster ({cluster / thread:.2f})"
        )
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
