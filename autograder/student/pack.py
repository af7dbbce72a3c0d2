"""What is handed in of an assignment: the files in a zip, and a warning for each thing that is not as it should be.

Warnings refuse nothing: who runs out of time hands in what there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import codes
from autograder.codes import Code
from autograder.course.assignments import Assignment
from autograder.course.pages import CourseError
from autograder.course.problem import Problem
from autograder.notebook.alignment import Step, arrange
from autograder.notebook.document import UnreadableError, read
from autograder.notebook.history import was_run
from autograder.release.files import zipped
from autograder.report import ProblemReport, pluralize, scored
from autograder.sandbox.observe import SandboxError
from autograder.student.check import check_file, released
from autograder.student.display import MIME
from autograder.student.environment import digest, same_code
from autograder.submissions import attachments
from autograder.submissions.selection import is_module, resembled
from autograder.submissions.unpack import MIB, limit

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
        return zipped(self.files)


def pack(folder: Path) -> Packed:
    """Collect what is handed in of the assignment in a folder, and look at it.

    Raises
    ------
    CourseError
        If the folder is no assignment's.
    """
    try:
        assignment = _assignment_of(folder)
    except CourseError as error:
        if not (folder / "checks").is_dir():
            raise
        return _unseen(folder, error)
    files, warnings = _collected(folder, assignment)
    reports = []
    for problem in assignment.problems:
        if problem.module_file in files:
            try:
                reports.append(check_file(problem, folder))
                warnings += _of_module(problem, reports[-1])
            except (CourseError, SandboxError) as error:
                warnings.append(f"{problem.module_file} was not checked: {_mended(error)}")
        if problem.notebook_file in files:
            warnings += _of_notebook(problem, folder, files)
    warnings += _take_companions(folder, assignment, files)
    return Packed(assignment.name, files, tuple(reports), (*warnings, *_too_large(files)))


def _assignment_of(folder: Path) -> Assignment:
    """The release whose files these are: a folder may hold a copy of some of them only."""
    there = released(folder)
    for assignment in there:
        if assignment.problems[0].folder.is_relative_to(folder.resolve()) or any(
            (folder / name).is_file() for name in _wanted(assignment, folder)
        ):
            return assignment
    raise CourseError(
        f"{folder.resolve()} holds no `checks/`, which says what is handed in: go to the assignment's folder or name "
        "it; if that has lost its `checks/`, unpack the assignment's zip again and put your files there"
        if not there
        else f"{folder.resolve()} holds nothing of an assignment; name the folder with your `.py` and `.ipynb` files"
    )


def _wanted(assignment: Assignment, folder: Path) -> list[str]:
    """The names of what is handed in; a problem may have no notebook."""
    return [
        name
        for problem in assignment.problems
        for name in (problem.module_file, problem.notebook_file)
        if name == problem.module_file or (problem.folder / name).is_file() or (folder / name).is_file()
    ]


def _unseen(folder: Path, error: CourseError) -> Packed:
    """All modules and notebooks of a folder, where nothing says which of them are wanted."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix == ".ipynb" or is_module(path.name)]
    files, warnings = _read(paths)
    unseen = f"{_mended(error)}. Until then nothing can be looked at, and all modules and notebooks are packed"
    return Packed(folder.resolve().name, files, (), (unseen, *warnings, *_too_large(files)))


def _collected(folder: Path, assignment: Assignment) -> tuple[dict[str, bytes], list[str]]:
    """What is handed in of a folder, and a warning for each file that is not there or can't be read."""
    wanted = _wanted(assignment, folder)
    handed_out = {path.name for path in assignment.problems[0].files.given}
    there = {path.name: path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in handed_out}
    meant = {name: resembled(name, wanted) for name in there}
    warnings = []
    chosen = [name for name in there if name in wanted or is_module(name)]
    for name in wanted:
        if name not in there:
            near = [other for other in there if meant[other] == name]
            chosen += near  # as it is, so that somebody who looks can find it
            asked = f"; did you mean {' or '.join(near)}? What is handed in must be called {name}" if near else ""
            warnings.append(f"{name} is missing{asked}")
    files, unread = _read(there[name] for name in dict.fromkeys(chosen))
    return files, warnings + unread


def _read(paths: Iterable[Path]) -> tuple[dict[str, bytes], list[str]]:
    files, warnings = {}, []
    for path in paths:
        try:
            files[path.name] = path.read_bytes()
        except OSError as error:
            warnings.append(f"{path.name} can't be read, and is not packed: {error.strerror}")
    return files, warnings


def _take_companions(folder: Path, assignment: Assignment, files: dict[str, bytes]) -> Iterator[str]:
    """Add the small files that the notebooks, or the modules, name; a warning for each that is too large."""
    handed_out = {"README.md", "requirements.txt", *(f"data/{name}" for name in assignment.entry.data)}
    paths = {path.relative_to(folder).as_posix(): path for path in (*folder.glob("*"), *folder.glob("*/*"))}
    there = [name for name, path in sorted(paths.items()) if path.is_file() and name not in handed_out]
    room = attachments.MAX_BYTES
    named = attachments.named_in(files.values(), (name for name in there if not name.startswith("checks/")))
    for count, name in enumerate(named):
        size = paths[name].stat().st_size
        room -= size
        if count >= attachments.MAX_FILES or size > attachments.MAX_FILE_BYTES or room < 0:
            yield (
                f"{name}, which your notebook or module names, is not packed: at most "
                f"{attachments.MAX_FILES} such files are taken, of {attachments.MAX_FILE_BYTES // MIB} MiB each "
                f"and {attachments.MAX_BYTES // MIB} MiB in all"
            )
            continue
        found, unread = _read([paths[name]])
        if content := found.get(paths[name].name):
            files[name] = content
        yield from unread


def _too_large(files: dict[str, bytes]) -> Iterator[str]:
    for name, content in files.items():
        most = limit(name)
        if len(content) > most:
            advice = "print or show less, and run it again" if name.endswith(".ipynb") else "take data out of it"
            yield f"{name} is larger than {most // MIB} MiB, and will not be read: {advice}"


def _mended(error: Exception) -> str:
    """What is wrong with the release, and what is to be done."""
    said, step = str(error), "unpack the assignment's zip again"
    return said if step in said or isinstance(error, SandboxError) else f"{said}; {step}"


def _of_module(problem: Problem, report: ProblemReport) -> Iterator[str]:
    if report.code != Code.SUCCESS:
        name, code = problem.module_file, codes.MEANINGS[report.code]
        yield (
            f"{name} has {scored(report, ' in your own check')} (code {report.code}, "
            f"{code.name}); `python -m autograder check {name}` says why"
        )


def _of_notebook(problem: Problem, folder: Path, files: dict[str, bytes]) -> Iterator[str]:
    """What is wrong with a notebook as it was saved: the grader will say so too."""
    name, content = problem.notebook_file, files[problem.notebook_file]
    ours = problem.folder / name
    steps: tuple[Step, ...] = ()
    try:
        notebook = read(content, name)
    except UnreadableError as error:
        yield str(error)
        return
    try:
        arrangement = arrange(notebook, read(ours.read_bytes(), _shown(ours)))
    except (UnreadableError, OSError) as error:
        if ours.exists():
            yield f"{name} was not compared with the notebook as it was: {_mended(error)}"
    else:
        found = [finding.message for finding in arrangement.findings]
        yield from (f"{name}: {message}" for message in found[:_MANY])
        if len(found) > _MANY:
            more = pluralize(len(found) - _MANY, "more given cell")
            yield f"{name}: and {more}; the notebook as it was is {_shown(ours)}"
        steps = arrangement.steps if arrangement.recognised else ()
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
    if then and not same_code(then[-1], digest(files[module])):
        yield f"{name} shows what another {module} gave than the one that is there now; {again}"
    elif not all(same_code(one, then[-1]) for one in then):
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
