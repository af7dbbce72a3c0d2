"""Run every notebook of the course from top to bottom, with the reference in the place of the student's module.

Each runs in a copy of its released assignment, so that it finds what a student's would find and nothing else.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

COURSE = Path(__file__).resolve().parent.parent
CELL_SECONDS = 300

# What a student would ask at the end. It fails unless every check of the problem passes.
LAST_CELL = """
from autograder import check
verdict = check({problem!r})
assert verdict.code == 0, str(verdict)
"""


def run(source: Path) -> None:
    """Run one notebook in a temporary copy of its assignment.

    Parameters
    ----------
    source : Path
        ``solutions/<assignment>/<problem>/notebook.py``.

    Raises
    ------
    CellExecutionError
        If a cell raises.
    CellTimeoutError, DeadKernelError
        If a cell takes more than `CELL_SECONDS`, or takes the kernel with it.
    """
    problem, assignment = source.parent.name, source.parent.parent.name
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.cells.append(nbformat.v4.new_code_cell(LAST_CELL.format(problem=problem)))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / assignment
        shutil.copytree(COURSE / "assignments" / assignment, folder)
        for reference in source.parent.parent.glob("*/*.py"):
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


def main() -> int:
    """Run all, say how long each took; the exit status is 1 if one failed."""
    sources = sorted((COURSE / "solutions").glob("*/*/notebook.py"))
    if not sources:
        print("no notebook was found in solutions/", file=sys.stderr)
        return 1
    released = [COURSE / "assignments" / source.parent.parent.name for source in sources]
    if missing := sorted({folder.name for folder in released if not folder.is_dir()}):
        print(f"assignments/{missing[0]} does not exist; run `make release` first", file=sys.stderr)
        return 1
    failed = False
    for source in sources:
        began = time.monotonic()
        try:
            run(source)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failed = True
            print(f"{source.relative_to(COURSE)} failed\n{error}", file=sys.stderr)
        else:
            print(f"{source.relative_to(COURSE)} ran in {time.monotonic() - began:.0f} s", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
