"""Run every notebook of the course in a kernel of Jupyter's, beside the reference, and hand it in: it has full marks.

Each runs in a copy of its released assignment, so that it finds what a student's would find and nothing else. What is
saved is then graded as a student's is.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from autograder.notebook.execution import execute
from autograder.notebook.grade import grade_notebook, sheet_of
from autograder.notebook.saved import filled
from autograder.problem import Problem, read_course
from autograder.report import problem_lines
from autograder.sandbox import Sandbox

COURSE = Path(__file__).resolve().parent.parent
CELL_SECONDS = 300

# What a student would ask at the end. It fails unless every check of the problem passes.
LAST_CELL = """
from autograder import check
verdict = check({problem!r})
assert verdict.code == 0, str(verdict)
"""


def run(problem: Problem) -> bytes:
    """Run one notebook in a temporary copy of its assignment, and save it.

    Raises
    ------
    CellExecutionError
        If a cell raises.
    CellTimeoutError, DeadKernelError
        If a cell takes more than `CELL_SECONDS`, or takes the kernel with it.
    """
    notebook = nbformat.reads(json.dumps(filled(problem)), as_version=nbformat.NO_CONVERT)
    notebook.cells.append(nbformat.v4.new_code_cell(LAST_CELL.format(problem=problem.name)))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / problem.assignment
        shutil.copytree(COURSE / "assignments" / problem.assignment, folder)
        for reference in problem.folder.parent.glob("*/*.py"):
            if reference.stem == reference.parent.name:
                shutil.copy(reference, folder)
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            # Files instead of ports: nobody else on the machine can listen, and none can be taken.
            config=Config(KernelManager={"transport": "ipc", "ip": str(Path(scratch) / "kernel")}),
        )
        client.execute()
    del notebook.cells[-1]
    return nbformat.writes(notebook).encode()


def graded(sandbox: Sandbox, problem: Problem, content: bytes) -> bool:
    """Whether a saved notebook has full marks; what it lacks is said."""
    files = problem.reference.files
    report = grade_notebook(partial(execute, sandbox.run_cells), sheet_of(problem), content, files, problem.seed)
    right = report.score == report.max_score
    if not right:
        print("\n".join(problem_lines(report)), file=sys.stderr)
    return right


def main() -> int:
    """Run and grade all, say how long each took; the exit status is 1 if one failed."""
    # As in a run: what is printed to the last digit is then the same on any number of cores.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    failed = False
    problems = [problem for assignment in read_course(COURSE) for problem in assignment.problems]
    with Sandbox(weak=True) as sandbox:
        for problem in problems:
            began = time.monotonic()
            try:
                content = run(problem)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                failed = True
                print(f"{problem.notebook_id} failed\n{error}", file=sys.stderr)
                continue
            ran = time.monotonic()
            failed |= not graded(sandbox, problem, content)
            took = f"ran in {ran - began:.0f} s, was graded in {time.monotonic() - ran:.0f} s"
            print(f"{problem.notebook_id} {took}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
