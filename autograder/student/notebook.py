"""The checks of the notebook's functions, as a student asks for them: in the notebook's own kernel."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.authoring import Check
from autograder.codes import Code
from autograder.course.problem import Problem, importable
from autograder.expected import ANSWERS_FILE, from_file
from autograder.grading import verdicts_on
from autograder.report import Verdict
from autograder.seed import Seed
from autograder.wire import Observation
from autograder.worker.job import ProbeJob
from autograder.worker.recorder import Missing
from autograder.worker.run import in_notebook, page_of


def judged_here(problem: Problem, folder: Path, names: Sequence[str]) -> list[Verdict]:
    """Judge the notebook's functions, where this is called in its kernel; elsewhere tell of those asked for by name."""
    part = problem.in_notebook
    chosen = [one for one in part.checks if not names or one.name in names]
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not chosen or (shell is None and not names):
        return []
    seen = [] if shell is None else [*_probed(shell, part, folder, [one for one in chosen if one.at_home])]
    # Until its cell has run, a function is missed only if it is asked for.
    early = {one.check for one in seen if one.failure and one.failure.kind == Missing.__name__ and not names}
    tried = [one for one in chosen if one.name in {each.check for each in seen} - early]
    answers = from_file(problem.folder / ANSWERS_FILE)
    verdicts = {verdict.check: verdict for verdict in verdicts_on(part, tried, seen, answers, Seed.public())}
    why = "the official run alone makes this check" if shell else "call `check` in the notebook"
    told = {one.name: "when its cell has run" if one.name in early else f"later: {why}" for one in chosen}
    return [
        verdicts.get(one.name)
        or Verdict(one.name, one.title, Code.SUCCESS, 0.0, one.points, f"judged {told[one.name]}", None, later=True)
        for one in chosen
    ]


def _probed(shell: Any, part: Problem, folder: Path, checks: Sequence[Check]) -> Iterator[Observation]:
    # As in the official run, in the process that has the functions: the answers at home are no secret.
    module, where = part.beside[0], str(folder.resolve())
    pairs = [(check.name, draw) for check in checks for draw in range(check.draws)]
    job = ProbeJob(
        module=module.stem,
        page=part.page.text,
        given=(),
        allowed_imports=part.allowed_imports,
        draws=tuple((*pair, Seed.public().of_draw(part.id, *pair)) for pair in pairs),
        data={},
        limits=asdict(part.limits),
        files={},
    )
    # Where the kernel says that the code of cells is, and the student's module.
    own = (str(Path(tempfile.gettempdir(), "ipykernel_")), "<ipython-input", str(Path(where, module.name)))
    with importable(part.files.given):
        for one in in_notebook(job, page_of(job), shell.user_ns, where, own):
            if one.failure and one.failure.kind == KeyboardInterrupt.__name__:
                raise KeyboardInterrupt
            yield one
