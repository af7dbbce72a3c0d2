"""What is handed in of an assignment: the files in a zip, and a warning for each thing that is not as it should be.

Warnings refuse nothing: who runs out of time hands in what there is.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from autograder import codes
from autograder.markup import MIME
from autograder.notebook.document import UnreadableError, read
from autograder.notebook.given import Step, arrange
from autograder.notebook.history import was_run
from autograder.problem import Assignment, CourseError, Problem
from autograder.report import ProblemReport
from autograder.student import check_file, released
from autograder.submissions import is_module
from autograder.unpack import MAX_FILE_BYTES, MIB

# Not the day's: the same work is the same zip.
_DATE = (1980, 1, 1, 0, 0, 0)
_MANY = 3


@dataclass(frozen=True)
class Packed:
    """What goes into the zip, by name, what students' own checks say, and what isn't as it should be."""

    assignment: str
    files: dict[str, bytes]
    reports: tuple[ProblemReport, ...]
    warnings: tuple[str, ...]

    def as_zip(self) -> bytes:
        """The zip, its files at the top, where `autograder grade` looks for them."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.files.items()):
                info = zipfile.ZipInfo(name, _DATE)
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
        return stream.getvalue()


def pack(folder: Path) -> Packed:
    """Collect what is handed in of the assignment in a folder, and look at it.

    Raises
    ------
    CourseError
        If the folder is no assignment's.
    """
    assignment = _assignment_of(folder)
    files, warnings, reports = {}, [], []
    for problem in assignment.problems:
        for name in (problem.module_file, problem.notebook_file):
            if (folder / name).is_file():
                files[name] = (folder / name).read_bytes()
            elif name == problem.module_file or (problem.folder / name).is_file():
                warnings.append(f"{name} is missing")
        if problem.module_file in files:
            reports.append(check_file(problem, folder))
            warnings += _of_module(problem, reports[-1])
        if problem.notebook_file in files:
            warnings += _of_notebook(problem, folder, files)
    handed_out = {path.name for path in assignment.problems[0].given}
    for path in sorted(folder.glob("*.py")):
        if path.name not in handed_out and is_module(path.name):
            files.setdefault(path.name, path.read_bytes())
    for name, content in files.items():
        if len(content) > (most := MAX_FILE_BYTES[Path(name).suffix]):
            size, advice = f"{len(content) / MIB:.0f} MiB", "leave out what you print or show so much of"
            warnings.append(f"{name} has {size}, and no more than {most / MIB:.0f} are read; {advice}")
    return Packed(assignment.name, files, tuple(reports), tuple(warnings))


def _assignment_of(folder: Path) -> Assignment:
    """The release whose files these are: a folder may hold a copy of some of them only."""
    for assignment in released(folder):
        names = [name for one in assignment.problems for name in (one.module_file, one.notebook_file)]
        if any((folder / name).is_file() for name in names):
            return assignment
    raise CourseError(
        f"{folder.resolve()} holds nothing of an assignment; name the folder with your `.py` and `.ipynb` files"
    )


def _of_module(problem: Problem, report: ProblemReport) -> Iterator[str]:
    if report.code != codes.SUCCESS:
        name, code = problem.module_file, codes.CODES[report.code]
        yield (
            f"{name} has {report.score:g} of {report.max_score:g} points in your own check (code {report.code}, "
            f"{code.name}); `python -m autograder check {name}` says why"
        )


def _of_notebook(problem: Problem, folder: Path, files: dict[str, bytes]) -> Iterator[str]:
    """What is wrong with a notebook as it was saved: the grader will say so too."""
    name, content = problem.notebook_file, files[problem.notebook_file]
    ours = problem.folder / name
    try:
        notebook = read(content, name)
        steps: tuple[Step, ...] = ()
        if ours.is_file():
            arrangement = arrange(notebook, read(ours.read_bytes(), name))
            found = [finding.message for finding in arrangement.findings]
            yield from (f"{name}: {message}" for message in found[:_MANY])
            if len(found) > _MANY:
                yield f"{name}: and {len(found) - _MANY} more given cells; the notebook as it was is {_shown(ours)}"
            steps = arrangement.steps if arrangement.recognised else ()
    except UnreadableError as error:
        yield f"{name}: {error}"
        return
    not_run = [finding.message for finding in was_run(notebook, steps)]
    yield from (f"{name}: {message}" for message in not_run)
    # Who must run it anyway needn't be told of this as well.
    if problem.module_file in files and not not_run:
        yield from _stale(problem, folder, files)


def _stale(problem: Problem, folder: Path, files: dict[str, bytes]) -> Iterator[str]:
    """Whether the notebook was run with the module as it is now.

    Each display of ours tells what the module was then. Where there is none, the clock of the files must do, which a
    copy or an unpacked archive may have set.
    """
    name, module = problem.notebook_file, problem.module_file
    again = "restart the kernel, run all cells, and save"
    then = list(_digests(files[name], module))
    if then and then[-1] != sha256(files[module]).hexdigest():
        yield f"{name} shows what another {module} gave than the one that is there now; {again}"
    elif len(set(then)) > 1:
        yield f"{name}: {module} was changed while the notebook ran; {again}"
    elif not then and (folder / module).stat().st_mtime > (folder / name).stat().st_mtime:
        yield f"{module} was saved after {name}; {again}"


def _digests(notebook: bytes, module: str) -> Iterator[str]:
    """What identified the module each time that a display of ours was about it, in the order of the cells."""
    for cell in _part(json.loads(notebook), "cells", list):
        for output in _part(cell, "outputs", list):
            told = _part(_part(output, "data", dict), MIME, dict)
            if digest := _part(_part(told, "files", dict), module, str):
                yield digest


def _part(whole: Any, name: str, kind: type[Any]) -> Any:
    """A part of what was read as JSON, which any program may have written: an empty one where there is none."""
    part = whole.get(name) if isinstance(whole, dict) else None
    return part if isinstance(part, kind) else kind()


def _shown(path: Path) -> str:
    return "/".join(path.parts[-3:])
