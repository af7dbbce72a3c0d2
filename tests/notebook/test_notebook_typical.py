"""Cells that students add, saved by a real kernel on another machine's folder: none of them is called stale."""

from __future__ import annotations

from dataclasses import replace

import nbformat
import pytest
import typical
from nbclient import NotebookClient
from small_course import GIVEN, REFERENCE
from traitlets.config import Config

from autograder.notebook.alignment import Arrangement, Step
from autograder.notebook.document import Cell, Notebook
from autograder.notebook.execution import HOME, execute
from autograder.notebook.ipynb import output
from autograder.notebook.retrial import truth
from autograder.worker.limits import Limits

# It asks for a folder with checks.
ELSEWHERE = {"check"}


@pytest.fixture(scope="module")
def steps(tmp_path_factory, lines):
    """The cells as a real kernel has saved them, in a folder laid out as a student's."""
    folder = tmp_path_factory.mktemp("a home") / "my own homework"
    (folder / "data").mkdir(parents=True)
    (folder / "line.ipynb").write_text("{}")
    (folder / "line.py").write_text(REFERENCE)
    (folder / "given_noise.py").write_text(GIVEN)
    (folder / "data" / "points.npz").write_bytes(lines.data["points.npz"].read_bytes())
    sources = [typical.FIRST, *(source for name, source in typical.CELLS.items() if name not in ELSEWHERE)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(
        notebook,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
        config=Config(KernelManager={"transport": "ipc", "ip": str(folder / "k")}),
    ).execute()
    cells = [
        Cell(
            number,
            "code",
            source,
            count=number,
            outputs=tuple(found for raw in cell.outputs if (found := output(raw)) is not None),
        )
        for number, (source, cell) in enumerate(zip(sources, notebook.cells, strict=True), 1)
    ]
    return tuple(Step(cell.source, "code", None, cell) for cell in cells)


@pytest.mark.slow
def test_no_honest_cell_is_called_stale_or_fails(steps, sandbox, lines):
    """What they show of the machine, the day, the kernel and chance is another each time."""
    problem = replace(lines, limits=Limits(cell_seconds=20, notebook_seconds=120))

    def run(pairs, surroundings):
        return execute(sandbox.run_cells, problem, {"line.py": REFERENCE.encode()}, pairs, (), surroundings)

    first = run([*enumerate(steps)], HOME)
    failed = [steps[place].source for place, shown in first.cells.items() if shown.ending != "returned"]
    untrue = truth(run, Notebook(tuple(step.saved for step in steps)), Arrangement(steps, ()), first)

    assert failed == []
    assert [finding.message for finding in untrue] == []
