"""``assignments/`` from ``solutions/``: what students get, as a folder and as a zip.

A release is a function of the solutions: no dates, no random ids. Numbers are the one exception, since their last
digits depend on the machine: answers that equal the old ones to within rounding are kept, byte for byte.
"""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

import autograder
from autograder import codes
from autograder.authoring import Check
from autograder.compare import agree
from autograder.course.assignments import Assignment
from autograder.course.pages import CourseError
from autograder.course.problem import Problem
from autograder.expected import ANSWERS_FILE, Answers, Draws, Observe, from_file, observe_answers, to_bytes
from autograder.grading.modules import see_reference
from autograder.notebook.document import as_notebook
from autograder.release.handout import GENERATED, codes_page, public_entry, readme, requirements
from autograder.release.starter import solution_lines, starter, strip, survivors
from autograder.seed import Seed
from autograder.wire import Array, Observation

ROUNDING = 1e-6
# More seeds on which a check is tried before its answer is called constant. One is nearly always enough; an answer that
# is one of two at random, drawn once, is the same on all of these in one of 256 cases.
SEEDS = 8

# The packages of the engine that no student's command uses.
NOT_HANDED_OUT = ("audit",)

# The guide for students, and the pointer to it.
GUIDE = "students.md"
POINTER = f"\n[{GUIDE}]({GUIDE}) says all of this at more length, and what to do when something is off.\n"
# The name of the notebook in its placeholders, since the module has its file name.
HERE = "this notebook"


def release(observe: Observe, assignment: Assignment, old: Path) -> dict[str, bytes]:
    """Make the files of a released assignment, by path.

    Parameters
    ----------
    observe : callable
        Runs the reference and the specimens on the public seed.
    old : Path
        The folder of the release before this one, or one that isn't there.

    Raises
    ------
    CourseError
        If a marker is unbalanced, a starter doesn't compile, the reference fails, or a solution line, or a right answer
        that is the official run's too, would be handed out.
    """
    files: dict[str, bytes] = {"README.md": readme(assignment).encode()}
    solutions = {}
    for problem in assignment.problems:
        module = problem.folder / problem.module_file
        solutions[str(module)] = solution_lines(problem.reference.files[module.name].decode(), str(module))
        files[problem.module_file] = starter(problem).encode()
        notebook = problem.folder / "notebook.py"
        if notebook.is_file():
            text = notebook.read_text("utf-8")
            solutions[str(notebook)] = solution_lines(text, str(notebook))
            files[problem.notebook_file] = as_notebook(strip(text, str(notebook), HERE), problem.name)
        for path in (problem.folder / "checks.py", problem.folder / "expect.py"):
            if path.is_file():
                page = f"# {GENERATED}\n{path.read_text('utf-8')}"
                files[f"checks/{problem.name}/{path.name}"] = page.encode()
    for path in assignment.problems[0].files.given:
        files[path.name] = files[f"checks/given/{path.name}"] = path.read_bytes()
    files[codes.PAGE] = codes_page().encode()
    files["checks/assignment.toml"] = public_entry(assignment).encode()
    hints = [
        (f"the hint of {problem.folder / 'reject' / mistake.name}.py", mistake.hint)
        for problem in assignment.problems
        for mistake in problem.specimens("reject")
    ]
    left = list(survivors(solutions, [*_texts(files), *_guide().items(), *hints]))
    if left:
        raise CourseError("\n".join(left))
    for name, path in assignment.problems[0].files.data.items():
        files[f"data/{name}"] = path.read_bytes()
    for problem in assignment.problems:
        name = f"checks/{problem.name}/{ANSWERS_FILE}"
        files[name] = _answers(observe, problem, old / name)
    return files


def differs(files: Mapping[str, bytes], folder: Path) -> Iterator[str]:
    """Compare a folder with the files it should hold: a sentence for each that is missing, different or too many."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if _kept(path, folder)}
    for name, content in sorted(files.items()):
        if name not in there:
            yield f"{folder / name} is missing; run `make release`"
        elif (folder / name).read_bytes() != content:
            yield f"{folder / name} is not what solutions/ gives; run `make release`"
    for name in sorted(there - files.keys()):
        yield f"{folder / name} comes from nothing in solutions/; run `make release`"


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Make a folder hold exactly these files."""
    for path in sorted(folder.rglob("*")):
        if _kept(path, folder) and path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def as_zip(files: Mapping[str, bytes], name: str) -> bytes:
    """Make the zip that students get: the assignment in a folder of its name, with the engine that checks it."""
    imports = tomllib.loads(files["checks/assignment.toml"].decode())["allowed_imports"]
    notebooks = [path for path in files if path.endswith(".ipynb")]
    home = Path(autograder.__file__).parent
    engine = [path for path in home.rglob("*.py") if path.relative_to(home).parts[0] not in NOT_HANDED_OUT]
    everything = {
        **files,
        # A second copy, which the student doesn't edit: to compare with, and to start again from.
        **{f"checks/{Path(path).stem}/{path}": files[path] for path in notebooks},
        **{f"autograder/{path.relative_to(home).as_posix()}": path.read_bytes() for path in engine},
        "requirements.txt": requirements(imports).encode(),
    }
    for guide, text in _guide().items():
        everything |= {guide: text.encode(), "README.md": files["README.md"] + POINTER.encode()}
    return zipped({f"{name}/{path}": content for path, content in everything.items()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Make a zip of files by path; the same files give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            info = zipfile.ZipInfo(path)  # with the date of 1980
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _kept(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts)


def _texts(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield the text of each file as people read it: of a notebook, the cells' lines instead of JSON's strings."""
    for name, content in files.items():
        text = content.decode()
        if name.endswith(".ipynb"):
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
        yield name, text


def _guide() -> dict[str, str]:
    path = Path(autograder.__file__).parents[1] / "docs" / GUIDE
    return {GUIDE: path.read_bytes().decode()} if path.is_file() else {}


def _answers(observe: Observe, problem: Problem, old: Path) -> bytes:
    answers = observe_answers(observe, problem, Seed.public(), at_home=True)
    see_reference(problem, answers.reference, Seed.public(), at_home=True)
    if known := list(unvarying(observe, problem, answers.reference)):
        raise CourseError("\n".join(known))
    with suppress(CourseError):  # there is none, or it is damaged
        if _equal(from_file(old), answers):
            return old.read_bytes()
    return to_bytes(answers)


def _equal(one: Answers, other: Answers) -> bool:
    seen = [(answers.reference, *(mistake.seen for mistake in answers.mistakes)) for answers in (one, other)]
    hints = [[(mistake.name, mistake.hint) for mistake in answers.mistakes] for answers in (one, other)]
    return hints[0] == hints[1] and all(
        mine.keys() == theirs.keys() and all(_close(mine[key], theirs[key]) for key in mine)
        for mine, theirs in zip(*seen, strict=True)
    )


def _close(one: Observation, other: Observation) -> bool:
    def to_rounding(mine: Array, theirs: Array) -> bool:
        near = np.allclose(mine, theirs, rtol=ROUNDING, atol=ROUNDING, equal_nan=True)
        return mine.dtype == theirs.dtype and near

    def rest(each: Observation) -> tuple[object, ...]:
        # The text of an exception depends on NumPy's version.
        return each.ending, each.changed, each.scales, each.output, each.failure and each.failure.frames

    return rest(one) == rest(other) and _values_agree(one, other, to_rounding)


def _values_agree(one: Observation, other: Observation, agrees: Callable[[Array, Array], bool]) -> bool:
    def pair_agrees(mine: Array | str, theirs: Array | str) -> bool:
        if isinstance(mine, str) or isinstance(theirs, str):
            return isinstance(mine, str) and isinstance(theirs, str) and mine == theirs
        return mine.shape == theirs.shape and agrees(mine, theirs)

    return one.values.keys() == other.values.keys() and all(
        pair_agrees(mine, other.values[name]) for name, mine in one.values.items()
    )


def unvarying(observe: Observe, problem: Problem, reference: Draws) -> Iterator[str]:
    """Find checks at home whose right answer is the same on all seeds, and so would be handed out; a sentence each.

    Values are compared as a student's would be, within the check's tolerance. A check varies if one of its values does:
    another that stays the same (a bias of zeros, a shape) can't pass alone.

    Parameters
    ----------
    reference : mapping
        The reference's observations on some seed.
    """
    seen = {check.name: [one for one in reference.values() if one.check == check.name] for check in problem.checks}
    left = [check for check in problem.checks if check.at_home and not _varies(check, seen[check.name])]
    for number in range(SEEDS):
        if not left:
            return
        for one in observe(problem, problem.reference, Seed.numbered(number), left):
            seen[one.check].append(one)
        left = [check for check in left if not _varies(check, seen[check.name])]
    for check in left:
        yield (
            f"{problem.folder / 'checks.py'}: the right answer of `{check.name}` is the same whatever is drawn, and is "
            "handed out with the answers at home: let it depend on `rng`, or have it judged officially only, with "
            "@check(..., at_home=False)"
        )


def _varies(check: Check, seen: Sequence[Observation]) -> bool:
    # A reference that fails is reported elsewhere.
    if not seen or any(one.ending != "returned" for one in seen):
        return True
    return not all(_values_agree(seen[0], one, lambda a, b: bool(agree(a, b, check).all())) for one in seen[1:])
