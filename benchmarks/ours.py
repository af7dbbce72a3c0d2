"""Our own pipeline over a class, as ``autograder grade`` runs it, with what it took.

    python ours.py SUBMISSIONS OUT --workers N [--problem ID...] [--layers] [--scheduler ADDRESS]

The references are observed first, and reported apart: once for a class of any size. Then the class is graded, reports
and store included. Prints one line of JSON. With ``--layers`` each stage is timed as well, on one worker; with
``--scheduler`` the class is graded by a Dask cluster.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder import grading as verdicts
from autograder.course.assignments import read_course
from autograder.course.problem import Problem
from autograder.gradebook import executors, grading
from autograder.gradebook.executors import threads
from autograder.gradebook.grading import prepare
from autograder.gradebook.store import STORE_FILE, Store
from autograder.sandbox.observe import Sandbox
from autograder.submissions.reading import find_class

COURSE = Path(__file__).resolve().parent.parent


def cpu_seconds() -> float:
    """Of this process and of all that it has waited for: servers, and the runs that those have waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Stages:
    """CPU time of the grader's own work, by stage, and how long it waited for runs."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.runs = 0

    def time(self, stage: str, owner: object, name: str, clock: Callable[[], float] = time.thread_time) -> None:
        """Have all calls of a function timed."""
        function = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = clock()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[stage] += clock() - began

        setattr(owner, name, timed)

    def watch(self) -> None:
        """Time the stages of the pipeline."""
        self.time("reading", executors, "read_apart")
        self.time("worker protocol", Sandbox, "observe")
        self.time("comparison", verdicts, "judge")
        self.time("diagnosis", verdicts, "diagnose")
        self.time("reporting", grading, "write_report")
        self.time("store", Store, "file")
        self.time("waiting for runs", Sandbox, "observe", time.perf_counter)


def chosen(ids: list[str]) -> list[Problem]:
    """The problems of these ids, all by default."""
    # Modules, and no notebooks: those are timed by notebooks.py.
    problems = [
        replace(problem, notebook_points=0.0) for assignment in read_course(COURSE) for problem in assignment.problems
    ]
    return [problem for problem in problems if not ids or problem.id in ids]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("submissions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--problem", action="append", default=[])
    parser.add_argument("--layers", action="store_true")
    parser.add_argument("--scheduler")
    asked = parser.parse_args()
    began = time.perf_counter()
    problems = chosen(asked.problem)
    with Store(asked.out / STORE_FILE) as store:
        grader = prepare(problems, None, asked.workers, store=store, private=(asked.submissions, asked.out))
    handed_in = find_class(asked.submissions)
    prepared, cpu_before = time.perf_counter(), cpu_seconds()
    stages = Stages()
    if asked.layers:
        stages.watch()
    codes: Counter[int] = Counter()
    points = 0.0
    with ExitStack() as stack:
        executor = threads(grader, asked.workers)
        if asked.scheduler:
            from autograder.cluster.connection import connect  # noqa: PLC0415  dask's import is not to be in the others' time

            executor = stack.enter_context(connect(asked.scheduler, problems)).executor(grader)
            prepared = time.perf_counter()
        for report in grading.grade_class(grader, handed_in, asked.out, executor, force=True):
            points += report.score
            codes.update(problem.code for problem in report.problems)
        ended = time.perf_counter()
    print(
        json.dumps(
            {
                "modules": codes.total(),
                "points": points,
                "prepare_seconds": prepared - began,
                "seconds": ended - prepared,
                "cpu_seconds": cpu_seconds() - cpu_before,
                "peak_bytes_grader": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "peak_bytes_runs": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
                "stages": stages.seconds,
                "codes": {str(code): count for code, count in sorted(codes.items())},
            }
        )
    )


if __name__ == "__main__":
    main()
