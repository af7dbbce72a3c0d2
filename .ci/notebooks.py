"""Run every notebook of the course in a kernel of Jupyter's, beside the reference, and hand it in: it has full marks.

Each runs in a copy of its released assignment, so that it finds what a student's would find and nothing else. What is
saved is then graded as a student's is, and so is what honest students make of it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from autograder.course.assignments import read_course
from autograder.course.problem import Problem
from autograder.expected import observe_answers
from autograder.notebook.checks import rubric_of
from autograder.notebook.grade import filled, grade_notebook
from autograder.report import problem_lines
from autograder.sandbox.observe import Budget, Sandbox
from autograder.wire import Observation
from autograder.worker.job import NotebookJob

COURSE = Path(__file__).resolve().parent.parent
CELL_SECONDS = 300
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="

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


def through_colab(notebook: Any) -> None:
    """Another program's file: no ids, no tags, and a last cell that was run twice."""
    notebook["nbformat_minor"] = 0
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {"id": "x1Y2"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code[-1]["execution_count"] += 1


def answered(notebook: Any) -> None:
    """Words of one's own, in and between the texts that were given."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = [*cell["source"], "\n\nMy answer: because of the chain rule."]
    notebook["cells"].insert(3, {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "So far, so good."})


def tried_out(notebook: Any) -> None:
    """Comments in given cells, and cells of one's own: a number, and a figure in another style."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = [*cell["source"], "\n# clear now"]
    number = {"output_type": "stream", "name": "stdout", "text": "42\n"}
    figure = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PIXEL, "text/plain": "<Figure>"}}
    for source, output in (("print(6 * 7)", number), ('plt.plot([3, 1, 2], "r.:", lw=5);', figure)):
        cell = {"cell_type": "code", "id": output["output_type"], "metadata": {}, "source": source, "outputs": [output]}
        notebook["cells"].append(cell)
    for count, cell in enumerate((one for one in notebook["cells"] if one["cell_type"] == "code"), 1):
        cell["execution_count"] = count


def graded(sandbox: Sandbox, problem: Problem, content: bytes) -> bool:
    """Tell whether a saved notebook has full marks, and what honest students make of it; print what one lacks."""
    files = problem.reference.files
    known: dict[tuple[tuple[str, str], ...], list[Observation]] = {}

    def run_cells(one: Problem, job: NotebookJob, budget: Budget) -> list[Observation]:
        # Other words around the same code are no reason to train once more.
        if job.cells not in known:
            known[job.cells] = [*sandbox.run_cells(one, job, budget)]
        return known[job.cells]

    rubric = replace(rubric_of(problem), answers=observe_answers(sandbox.observe, problem.in_notebook, problem.seed))
    right = True
    for change in (None, through_colab, answered, tried_out):
        notebook = json.loads(content)
        if change is not None:
            change(notebook)
        report = grade_notebook(run_cells, rubric, json.dumps(notebook).encode(), files, problem.seed)
        if report.score != report.max_score or report.stale:
            right = False
            print(change.__name__ if change else "as saved", *problem_lines(report), sep="\n", file=sys.stderr)
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
