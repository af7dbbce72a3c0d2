"""What grading a notebook costs over its own computing, beside nbclient with a cold kernel, side by side in one run.

    python benchmarks/notebooks.py [ID...] [--rounds N]

For each notebook, in rounds: *ours* grades it, saved beside the reference, all in (the fork, the cells, the figures,
the judging; the server is started before, as it is once for a class); *nbclient* starts a kernel and runs the same
cells, and judges nothing; *own* is what the cells take in a kernel that has run them once already, so that nothing is
left to be imported. Verdicts are not asked for in any of them. BLAS has one thread everywhere. On a busy machine
processor time is what can be compared. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import nbformat  # noqa: E402  after the number of threads is set
from nbclient import NotebookClient  # noqa: E402
from traitlets.config import Config  # noqa: E402

from autograder.course.assignments import read_course  # noqa: E402
from autograder.course.problem import Problem  # noqa: E402
from autograder.notebook.checks import rubric_of  # noqa: E402
from autograder.notebook.grade import (  # noqa: E402
    beside,
    filled,
    grade_notebook,
    run_reference,
)
from autograder.sandbox.observe import Sandbox  # noqa: E402

COURSE = Path(__file__).resolve().parent.parent

SILENCED = """
import autograder
autograder.check = autograder.ready = lambda *_, **__: None
"""
AGAIN = """
import json, time
_cpu, _clock = time.process_time(), time.perf_counter()
for _source in {sources!r}:
    get_ipython().run_cell(_source)
print("\\n" + json.dumps([time.perf_counter() - _clock, time.process_time() - _cpu]))
"""


def cpu_seconds() -> float:
    """Of this process and of all that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    clock, cpu = time.perf_counter(), cpu_seconds()
    work()
    return time.perf_counter() - clock, cpu_seconds() - cpu


def in_a_kernel(problem: Problem, sources: Sequence[str]) -> list[Any]:
    """The cells' outputs in a fresh kernel, in a copy of the assignment, beside the reference."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / problem.assignment
        shutil.copytree(COURSE / "assignments" / problem.assignment, folder)
        for name, content in problem.reference.files.items():
            (folder / name).write_bytes(content)
        NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            config=Config(KernelManager={"transport": "ipc", "ip": str(Path(scratch) / "kernel")}),
        ).execute()
    return [cell.outputs for cell in notebook.cells]


def own(problem: Problem, sources: Sequence[str]) -> tuple[float, float]:
    """What the cells take by themselves."""
    *_, last = in_a_kernel(problem, [SILENCED, *sources, AGAIN.format(sources=[*sources])])
    printed = "".join(output["text"] for output in last if output["output_type"] == "stream")
    clock, cpu = json.loads(printed.strip().splitlines()[-1])
    return clock, cpu


def graded(sandbox: Sandbox, problem: Problem, content: bytes) -> None:
    """Grade a saved notebook; it must have full marks, or what was measured was something else."""
    files = problem.reference.files
    report = grade_notebook(sandbox.run_cells, rubric_of(problem), content, files, problem.seed)
    assert report.score == report.max_score, report


def measured(problem: Problem, rounds: int) -> Mapping[str, tuple[float, float]]:
    """The medians over the rounds, by what was measured: seconds of the clock and of the processor."""
    notebook = filled(problem)
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    took: dict[str, list[tuple[float, float]]] = {"own": [], "ours": [], "nbclient": []}
    for _ in range(rounds):
        took["own"].append(own(problem, sources))
        took["nbclient"].append(timed(partial(in_a_kernel, problem, [SILENCED, *sources])))
        with Sandbox(weak=True) as sandbox:
            content = run_reference(sandbox.run_cells, rubric_of(problem)).content
        # The processor time of a server, and of its runs, is known when it has ended: that of its start is taken off.
        spent = []
        for work in (lambda *_: None, graded):
            began = cpu_seconds()
            with Sandbox(weak=True) as sandbox:
                start(sandbox, problem, sources)
                clock, _ = timed(partial(work, sandbox, problem, content))
            spent.append(cpu_seconds() - began)
        took["ours"].append((clock, spent[1] - spent[0]))
    return {
        name: (statistics.median(clock for clock, _ in each), statistics.median(cpu for _, cpu in each))
        for name, each in took.items()
    }


def start(sandbox: Sandbox, problem: Problem, sources: Sequence[str]) -> None:
    """Have a sandbox's server for a problem's notebook started, with all that the cells name, and run nothing."""
    source = "\n".join(f"# {line}" for text in sources for line in text.splitlines())
    assert [*beside(sandbox.run_cells, problem, problem.reference.files)([("cell 1", f"{source}\npass")], ())]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    problems = [problem for assignment in read_course(COURSE) for problem in assignment.problems]
    found: dict[str, Any] = {}
    print("CPU s (clock s): own, ours, nbclient; what each takes over own, as a ratio to own")
    for problem in problems:
        if problem.notebook_points and (not asked.ids or problem.id in asked.ids):
            took = measured(problem, asked.rounds)
            base = took["own"][1]
            over = {name: (took[name][1] - base) / base for name in ("ours", "nbclient")}
            found[problem.id] = {"seconds": took, "overhead": over}
            shown = ", ".join(f"{cpu:.2f} ({clock:.2f})" for clock, cpu in took.values())
            print(f"{problem.id}: {shown}; {over['ours']:.2f}, {over['nbclient']:.2f}", flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
