"""A notebook as a student hands it in: filled, run from top to bottom, and saved with its outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.course.pages import CourseError, source
from autograder.course.problem import Problem
from autograder.notebook.aside import asks_for_a_verdict
from autograder.notebook.document import FILL, as_notebook
from autograder.notebook.execution import RunCells, job_of
from autograder.release.starter import without_markers
from autograder.wire import Observation


def filled(problem: Problem) -> dict[str, Any]:
    """The released notebook with its empty cells filled from the solution, as JSON; not run."""
    notebook: dict[str, Any] = json.loads(problem.released_notebook.read_bytes())
    path = problem.folder / "notebook.py"
    solution = json.loads(as_notebook(without_markers(source(path)), problem.name))
    if len(solution["cells"]) != len(notebook["cells"]):
        raise CourseError(f"{problem.released_notebook} is not what {path} gives; run `autograder release`")
    for cell, solved in zip(notebook["cells"], solution["cells"], strict=True):
        if FILL in cell["metadata"].get("tags", ()):
            cell["source"] = solved["source"]
    return notebook


def save(
    run_cells: RunCells,
    problem: Problem,
    modules: Mapping[str, bytes],
    notebook: Mapping[str, Any],
    verdict: str = "checked",
) -> bytes:
    """A notebook, given as JSON, run beside modules in a fresh kernel and saved.

    Parameters
    ----------
    verdict : str
        What stands under the cells that ask for one.

    Raises
    ------
    CourseError
        If it could not be run, or a cell ended the run.
    """
    labelled = [(f"cell {number}", "".join(cell["source"])) for number, cell in enumerate(code_of(notebook), 1)]
    seen = [*run_cells(problem, job_of(problem, modules, labelled))]
    if len(seen) <= len(labelled):
        why = seen[-1].failure.message if seen and seen[-1].failure else "it was not run"
        raise CourseError(f"{problem.notebook_id} can't be run to its end: {why}")
    return with_outputs(notebook, seen, verdict)


def code_of(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cells of code of a notebook, given as JSON."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def with_outputs(notebook: Mapping[str, Any], seen: Sequence[Observation], verdict: str = "checked") -> bytes:
    """A notebook with what each of its cells of code has shown, as a file."""
    cells = code_of(notebook)
    for count, (cell, observation) in enumerate(zip(cells, seen, strict=False), 1):
        raw = observation.values["outputs"]
        outputs = json.loads(raw.tobytes())["outputs"] if isinstance(raw, np.ndarray) else []
        if asks_for_a_verdict("".join(cell["source"])):
            # A run of ours shows none; a student's kernel did.
            data = {"text/plain": verdict}
            outputs = [{"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}}]
        cell |= {"execution_count": count, "outputs": outputs}
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n".encode()
