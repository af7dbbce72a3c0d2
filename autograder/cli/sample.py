"""The sample class: submissions made of the course's starters, references and specimens, each named for its content."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

from autograder.course.problem import Problem
from autograder.expected import Answers
from autograder.gradebook.executors import sandboxes
from autograder.gradebook.store import LOCK_FILE, STORE_FILE, Store, StoreError, locked, written_to
from autograder.notebook.checks import rubric_of
from autograder.notebook.grade import ReferenceRun, run_reference
from autograder.release.files import zipped
from autograder.release.starter import starter
from autograder.submissions.reading import keep_apart

Files = Mapping[str, bytes]

# The student of the sample class who has everything right; no real class has this name.
RIGHT = "all-right"


@contextmanager
def sample_class(problems: Sequence[Problem], folder: Path, out: Path, workers: int) -> Iterator[dict[str, Answers]]:
    """Write the sample class into a folder, and keep others out of it meanwhile.

    Yields the arrays that the references' notebooks train, by problem id. StoreError if the folder of results, ``out``,
    holds a real class's latest run, whose tables would be replaced.
    """
    keep_apart(folder, out)
    with Store(out / STORE_FILE) as store:
        for name, runs in store.finished().items():
            if all(report.student != RIGHT for report, _ in store.reports(runs[-1], name)):
                raise StoreError(f"{out} holds results of a class; name another folder with --out")
    with written_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / LOCK_FILE):
        ran = run_notebooks(problems, workers)
        with written_to(folder):
            for entry in folder.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry.name != LOCK_FILE:
                    entry.unlink()
            notebooks = {problem.notebook_file: ran[problem.id].content for problem in problems if problem.id in ran}
            write_sample_class(problems, folder, notebooks)
        yield {name: run.answers for name, run in ran.items()}


def run_notebooks(problems: Sequence[Problem], workers: int) -> dict[str, ReferenceRun]:
    """Run the references' notebooks that are worth points; return the outcomes by problem id."""
    worth = [problem for problem in problems if problem.notebook_points]
    # Weak: all code here is staff's own.
    with sandboxes(workers, weak=True) as (pool, sandbox):

        def one(problem: Problem) -> ReferenceRun:
            return run_reference(sandbox().run_cells, rubric_of(problem))

        return dict(zip((problem.id for problem in worth), pool.map(one, worth), strict=True))


def write_sample_class(problems: Sequence[Problem], folder: Path, notebooks: Files | None = None) -> None:
    """Write the sample class into a folder; ``notebooks`` are right ones, run and saved, by file name."""
    right = {problem.module_file: problem.reference.files[problem.module_file] for problem in problems}
    empty = {problem.module_file: starter(problem).encode() for problem in problems}
    (first, text), last = next(iter(right.items())), [*right][-1]
    spoiled = {
        "syntax-error": text + b"\ndef broken(:\n    pass\n",
        "leaves-early": b"import os\n\nos._exit(0)\n",
        "raises-on-import": text + b"\nprint(undefined_name)\n",
        "not-utf8": text + "\n# déjà vu\n".encode("latin-1"),
        "imports-too-much": b"import pandas as pd\n" + text + b"\ntable = pd.DataFrame()\n",
        "chatty": text + b"\nprint('hello from the module')\n",
    }
    submissions: dict[str, Files] = {
        RIGHT: {**right, **(notebooks or {})},
        "nothing-written": empty,
        "first-only": {**empty, first: text},
        "last-missing": {file: content for file, content in right.items() if file != last},
        "with-extras": {**right, "notes.txt": b"to do: sleep\n"},
        **{name: {**right, first: content} for name, content in spoiled.items()},
        **_by_specimen(problems, right),
        **(_by_notebook(problems, notebooks) if notebooks else {}),
    }
    for name, files in submissions.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / name / file).write_bytes(content)
    (folder / "all-right-zipped.zip").write_bytes(zipped(right))
    (folder / "climbs-out.zip").write_bytes(zipped({f"../{name}": content for name, content in right.items()}))
    with tarfile.open(folder / "all-right-wrapped.tar.gz", "w:gz") as archive:
        for name in right:
            archive.add(folder / RIGHT / name, f"homework/{name}")


def _by_specimen(problems: Sequence[Problem], right: Files) -> dict[str, Files]:
    submissions: dict[str, Files] = {}
    for kind, name in (("accept", "right-but-different"), ("reject", "mistaken")):
        columns = [[(p.module_file, s.source.encode()) for s in p.specimens(kind)] for p in problems]
        for number, row in enumerate(zip_longest(*columns), 1):
            submissions[f"{name}-{number:02}"] = {**right, **dict(item for item in row if item)}
    return submissions


def _by_notebook(problems: Sequence[Problem], notebooks: Files) -> dict[str, Files]:
    name = min(notebooks, key=lambda name: len(notebooks[name]))
    problem = next(problem for problem in problems if problem.notebook_file == name)
    module = {problem.module_file: problem.reference.files[problem.module_file]}
    mistake = {problem.module_file: problem.specimens("reject")[0].source.encode()}
    deleted, raises = json.loads(notebooks[name]), json.loads(notebooks[name])
    code = [cell for cell in deleted["cells"] if cell["cell_type"] == "code"]
    deleted["cells"].remove(code[len(code) // 2])
    mine = {"id": "mine", "metadata": {}, "source": "mine = 1 / 0", "execution_count": len(code) + 1, "outputs": []}
    raises["cells"].append({**code[0], **mine})
    return {
        "notebook-alone": {name: notebooks[name]},
        "notebook-cell-deleted": {**module, name: json.dumps(deleted).encode()},
        "notebook-not-run": {**module, name: problem.released_notebook.read_bytes()},
        "notebook-raises": {**module, name: json.dumps(raises).encode()},
        "notebook-stale": {**mistake, name: notebooks[name]},
        "notebook-truncated": {**module, name: notebooks[name][: len(notebooks[name]) // 2]},
    }
