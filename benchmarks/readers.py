"""The cost of reading and judging in a process of its own, beside the same work in the grader's, side by side.

    python benchmarks/readers.py [ROUNDS] [--notebooks ROUNDS]

First submissions: the references' modules of all problems in one folder, read in this process, and in a reader. Then
each problem's notebook, saved beside the reference: judged in this process, and in a reader; the run is alike in both.
All is processor time, which means something on a busy machine too: the grader's, the readers' and their server's.
Servers are started before, as they are once for a class. The bars: 3 ms a module, 10 % of a notebook's own time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from autograder.course.assignments import read_course
from autograder.course.problem import Problem
from autograder.gradebook.executors import read_apart
from autograder.notebook.checks import rubric_of
from autograder.notebook.grade import grade_apart, grade_notebook, run_reference
from autograder.sandbox.observe import Sandbox
from autograder.sandbox.runs import Ended, Forked, Server
from autograder.sandbox.usage import cpu_seconds
from autograder.submissions.reading import HandedIn, Source, read_submission
from autograder.submissions.selection import used_by_module
from autograder.worker.job import MIB, CallJob, Job

COURSE = Path(__file__).resolve().parent.parent
MODULE_MS, NOTEBOOK_SHARE = 3.0, 0.10


class Spent:
    """The processor time of what servers have forked, by what it was, and of the servers of readers."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.peak_bytes = 0
        self._servers: dict[int, float] = {}
        self._watch()

    def _watch(self) -> None:
        fork, end = Server.fork, Server.end
        kinds: dict[int, str] = {}

        def forked(server: Server, job: Job) -> Forked:
            kind = "readers" if isinstance(job, CallJob) else "runs"
            kinds[id(server)] = kind
            if kind == "readers":
                self._servers.setdefault(server._pid, cpu_seconds(server._pid))  # noqa: SLF001
            return fork(server, job)

        def ended(server: Server) -> Ended:
            found = end(server)
            self.seconds[kinds[id(server)]] += found.cpu_seconds
            if kinds[id(server)] == "readers":
                self.peak_bytes = max(self.peak_bytes, found.peak_bytes)
            return found

        Server.fork, Server.end = forked, ended  # type: ignore[method-assign]

    def of(self, work: Callable[[], object]) -> Mapping[str, float]:
        """The cost of some work: milliseconds of each."""
        self.seconds.clear()
        servers = {pid: cpu_seconds(pid) for pid in self._servers}
        began = time.process_time()
        work()
        self.seconds["grader"] = time.process_time() - began
        self.seconds["server"] = sum(cpu_seconds(pid) - before for pid, before in servers.items())
        return {who: 1e3 * self.seconds[who] for who in ("grader", "server", "readers", "runs")}


def read_here(handed: HandedIn, problems: Sequence[Problem]) -> None:
    """Read a submission in this process."""
    source = Source(handed.path)
    wanted = [name for problem in problems for name in (problem.module_file, problem.notebook_file)]
    found = read_submission(source.listing, source.open, handed.student, wanted)
    for problem in problems:
        used_by_module(problem.module_file, found.files)


def medians(rows: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """The median of each column."""
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def submissions(problems: Sequence[Problem], spent: Spent, rounds: int) -> bool:
    """Measure what reading costs, and say it; whether the bar is held."""
    with tempfile.TemporaryDirectory() as scratch, Sandbox(weak=True) as sandbox:
        for problem in problems:
            (Path(scratch) / problem.module_file).write_bytes(problem.reference.files[problem.module_file])
        handed = HandedIn("student", Path(scratch))
        for work in (read_here, partial(read_apart, sandbox)):
            work(handed, problems)
        here, apart = [], []
        for _ in range(rounds):
            here.append(spent.of(lambda: read_here(handed, problems)))
            apart.append(spent.of(lambda: read_apart(sandbox, handed, problems)))
    took = medians(apart)
    base, whole = medians(here)["grader"], statistics.median(sum(row.values()) for row in apart)
    each = (whole - base) / len(problems)
    print(f"{rounds} submissions of {len(problems)} modules; CPU ms, medians")
    print(f"read in this process {base:.2f}; apart {whole:.2f}: {_parts(took)}")
    print(
        f"a module costs {each:.2f} ms more, of at most {MODULE_MS:g}; readers had {spent.peak_bytes / MIB:.0f} MiB\n"
    )
    return each <= MODULE_MS


def notebooks(problems: Sequence[Problem], spent: Spent, rounds: int) -> bool:
    """Measure what judging notebooks costs, and say it; whether the bar is held."""
    held = True
    print(f"notebooks, {rounds} rounds; CPU ms, medians")
    for problem in problems:
        files, rubric = problem.reference.files, rubric_of(problem)
        with Sandbox(weak=True) as sandbox:
            content = run_reference(sandbox.run_cells, rubric).content
            ways = (
                partial(grade_notebook, sandbox.run_cells, rubric, content, files, problem.seed),
                partial(grade_apart, sandbox, rubric, content, files, problem.seed),
            )
            for way in ways:
                report = way()
                if report.score != report.max_score:
                    raise SystemExit(f"what was measured is something else: {report}")
            rows = [[spent.of(way) for way in ways] for _ in range(rounds)]
        here, apart = (medians([row[number] for row in rows]) for number in (0, 1))
        own = statistics.median(row["runs"] for both in rows for row in both)
        more = sum(apart[who] - here[who] for who in ("grader", "server", "readers"))
        whole = sum(apart[who] for who in ("grader", "server", "readers"))
        print(f"{problem.id}: run {own:.0f}; judged here {here['grader']:.0f}, apart {whole:.0f}: {_parts(apart)}")
        print(f"  a reader adds {more / own:.1%} of the run; all judging is {whole / own:.1%}", flush=True)
        held = held and whole / own <= NOTEBOOK_SHARE
    print(f"readers had {spent.peak_bytes / MIB:.0f} MiB; the bar is {NOTEBOOK_SHARE:.0%} for all judging")
    return held


def _parts(took: Mapping[str, float]) -> str:
    return ", ".join(f"{who} {took[who]:.2f}" for who in ("grader", "server", "readers"))


def main() -> int:
    """Measure, and print; the status says whether the bars are held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", nargs="?", type=int, default=200)
    parser.add_argument("--notebooks", type=int, default=0, metavar="ROUNDS")
    asked = parser.parse_args()
    problems = [problem for assignment in read_course(COURSE) for problem in assignment.problems]
    spent = Spent()
    held = submissions(problems, spent, asked.rounds)
    if asked.notebooks:
        held = notebooks([one for one in problems if one.notebook_points], spent, asked.notebooks) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
