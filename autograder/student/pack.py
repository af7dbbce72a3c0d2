"""The zip that a student hands in for an assignment, and a warning for each thing that is wrong with its files.

The zip is made despite warnings: a student who runs out of time hands in the work so far.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder import codes
from autograder.codes import Code
from autograder.course.assignments import Assignment
from autograder.course.problem import CourseError, Problem
from autograder.notebook.alignment import Step, arrange
from autograder.notebook.document import UnreadableError, read
from autograder.notebook.outputs import was_run
from autograder.release.files import zipped
from autograder.report import ProblemReport, pluralize, scored
from autograder.sandbox.observe import SandboxError
from autograder.student.check import assignment_in, check_file
from autograder.student.environment import MIME, digest, refused_calls
from autograder.submissions.selection import MAX_ATTACHMENTS, MAX_ATTACHMENTS_BYTES, is_module, named_in, resembled
from autograder.submissions.unpack import MAX_ATTACHMENT_BYTES, MIB, limit

_MANY = 3
# A call of ours: of two texts, as no function of a student's own is.
_CASE = re.compile(r"""\bcase\(\s*(["'])[\w.]+\1\s*,\s*(["'])\w+\2""")


@dataclass(frozen=True)
class Packed:
    """The files of the zip by name, the results of the student's own checks, and the warnings."""

    assignment: str
    files: dict[str, bytes]
    reports: tuple[ProblemReport, ...]
    warnings: tuple[str, ...]

    def as_zip(self) -> bytes:
        """Make the zip, with its files at the top, where `autograder grade` looks for them."""
        return zipped(self.files)


def pack(folder: Path) -> Packed:
    """Collect the files to hand in from an assignment's folder, and examine them.

    CourseError if the folder is no assignment's, or its ``checks/`` are damaged.
    """
    assignment = assignment_in(folder)
    files, warnings = _collected(folder, assignment)
    reports = []
    for problem in assignment.problems:
        if problem.module_file in files:
            name = problem.module_file
            try:
                reports.append(report := check_file(problem, folder).report)
                if report.code != Code.SUCCESS:
                    code = f"code {report.code}, {codes.MEANINGS[report.code].name}"
                    has = f"{name} has {scored(report, ' in your own check')} ({code})"
                    warnings.append(f"{has}; `python -m autograder check {name}` says why")
            except (CourseError, SandboxError) as error:
                warnings.append(f"{name} was not checked: {error}")
            for line, call, needs in refused_calls(files[name]):
                warnings.append(f"{name}: line {line} calls `{call}`, and the official run {needs}; do without it")
        if problem.notebook_file in files:
            warnings += _of_notebook(problem, files)
    warnings += _take_companions(folder, assignment, files)
    for name, content in files.items():
        if len(content) > (most := limit(name)):
            advice = "print or show less, and run it again" if name.endswith(".ipynb") else "take data out of it"
            warnings.append(f"{name} is larger than {most // MIB} MiB, and will not be read: {advice}")
    return Packed(assignment.name, files, tuple(reports), tuple(warnings))


def _collected(folder: Path, assignment: Assignment) -> tuple[dict[str, bytes], list[str]]:
    wanted = [
        name
        for problem in assignment.problems
        for name in (problem.module_file, problem.notebook_file)
        # A problem may have no notebook.
        if name == problem.module_file or (problem.folder / name).is_file() or (folder / name).is_file()
    ]
    handed_out = {path.name for path in assignment.problems[0].files.given}
    there = {path.name: path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in handed_out}
    warnings = []
    chosen = [name for name in there if name in wanted or is_module(name)]
    for name in wanted:
        if name not in there:
            near = [other for other in there if resembled(other, wanted) == name]
            chosen += near  # under its own name, so that staff can find it
            asked = f"; did you mean {' or '.join(near)}? What is handed in must be called {name}" if near else ""
            warnings.append(f"{name} is missing{asked}")
    return {name: there[name].read_bytes() for name in chosen}, warnings


def _take_companions(folder: Path, assignment: Assignment, files: dict[str, bytes]) -> Iterator[str]:
    handed_out = {"README.md", "requirements.txt", *(f"data/{name}" for name in assignment.entry.data)}
    paths = {path.relative_to(folder).as_posix(): path for path in (*folder.glob("*"), *folder.glob("*/*"))}
    there = [name for name, path in sorted(paths.items()) if path.is_file() and name not in handed_out]
    room = MAX_ATTACHMENTS_BYTES
    named = named_in([*files.values()], (name for name in there if not name.startswith("checks/")))
    for count, name in enumerate(named):
        size = paths[name].stat().st_size
        room -= size
        if count < MAX_ATTACHMENTS and size <= MAX_ATTACHMENT_BYTES and room >= 0:
            files[name] = paths[name].read_bytes()
        else:
            most = f"{MAX_ATTACHMENTS} such files, of {MAX_ATTACHMENT_BYTES // MIB} MiB each"
            yield f"{name}, which your notebook or module names, is not packed: at most {most} are taken"


def _of_notebook(problem: Problem, files: dict[str, bytes]) -> Iterator[str]:
    name, module = problem.notebook_file, problem.module_file
    ours = problem.folder / name
    shown = "/".join(ours.parts[-3:])
    steps: tuple[Step, ...] = ()
    try:
        notebook = read(files[name], name)
        arrangement = arrange(notebook, read(ours.read_bytes(), shown)) if ours.is_file() else None
    except UnreadableError as error:
        yield str(error)
        return
    if arrangement:
        found = [finding.message for finding in arrangement.findings]
        yield from (f"{name}: {message}" for message in found[:_MANY])
        if len(found) > _MANY:
            more = pluralize(len(found) - _MANY, "more given cell")
            yield f"{name}: and {more}; the notebook as it was is {shown}"
        steps = arrangement.steps if arrangement.recognised else ()
    for number, call in enumerate(_codes(files[name]), 1):
        if _CASE.search(call):
            yield f"{name}: cell {number} calls `case`, and the official run has no cases; take the cell out"
    not_run = [finding.message for finding in was_run(notebook, steps)]
    yield from (f"{name}: {message}" for message in not_run)
    # A student who must run it again anyway needs no second warning.
    if module in files and not not_run and {*_digests(files[name], module)} - {digest(files[module])}:
        yield (
            f"{name} shows what another {module} gave than the one that is there now; "
            "restart the kernel, run all cells, and save"
        )


def _codes(notebook: bytes) -> Iterator[str]:
    """Yield the code of each cell, "" for a text."""
    for cell in json.loads(notebook)["cells"]:
        yield "".join(cell["source"]) if cell["cell_type"] == "code" else ""


def _digests(notebook: bytes, module: str) -> Iterator[str]:
    outputs = [output for cell in json.loads(notebook)["cells"] for output in cell.get("outputs") or ()]
    for output in outputs:
        with suppress(KeyError, TypeError):  # another program's, of any shape
            if isinstance(found := output["data"][MIME]["files"][module], str):
                yield found
