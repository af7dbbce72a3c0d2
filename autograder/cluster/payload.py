"""The payload, sent once to each worker: problems, their judging files and answers; no reference and no mistake."""

from __future__ import annotations

from pathlib import Path

import msgspec

from autograder.cluster.machines import MachineInfo
from autograder.course.problem import Problem, ProblemFiles, load_page
from autograder.expected import to_bytes
from autograder.gradebook.grading import Grader
from autograder.notebook.checks import Rubric
from autograder.seed import Seed
from autograder.worker.job import Limits

# The files of a problem's folder that judge.
OWN_FILES = ("checks.py", "expect.py", "model.py", "figures.toml")


class SentProblem(msgspec.Struct, frozen=True):
    """A problem whose files have the names of the payload."""

    assignment: str
    name: str
    title: str
    points: float
    allowed_imports: tuple[str, ...]
    preload: tuple[str, ...]
    given: tuple[str, ...]
    data: tuple[str, ...]
    limits: Limits
    seed: Seed
    notebook_points: float
    answers: bytes
    trained: bytes | None


class Payload(msgspec.Struct, frozen=True):
    """The data that a worker needs to grade: problems with answers, files by path, and the expected machine info."""

    problems: tuple[SentProblem, ...]
    files: dict[str, bytes]
    private: tuple[str, ...]
    expected: MachineInfo
    footer: tuple[str, ...]
    weak: bool


def pack(grader: Grader, expected: MachineInfo, private: tuple[str, ...]) -> bytes:
    """Pack a grader."""
    files: dict[str, bytes] = {}
    problems = []
    for problem in grader.problems:
        own = [path for name in OWN_FILES if (path := problem.folder / name).is_file()]
        files |= {f"solutions/{problem.id}/{path.name}": path.read_bytes() for path in own}
        files |= {
            f"solutions/{problem.assignment}/given/{path.name}": path.read_bytes() for path in problem.files.given
        }
        if problem.id in grader.rubrics:
            released = [problem.released_notebook, problem.released_readme]
            files |= {
                f"assignments/{problem.assignment}/{path.name}": path.read_bytes()
                for path in released
                if path.is_file()
            }
        files |= {f"data/{name}": path.read_bytes() for name, path in problem.files.data.items()}
        problems.append(
            SentProblem(
                assignment=problem.assignment,
                name=problem.name,
                title=problem.title,
                points=problem.points,
                allowed_imports=problem.allowed_imports,
                preload=problem.preload,
                given=tuple(path.name for path in problem.files.given),
                data=tuple(problem.files.data),
                limits=problem.limits,
                seed=grader.seeds[problem.id],
                notebook_points=problem.notebook_points,
                answers=to_bytes(grader.answers[problem.id]),
                trained=_trained(grader.rubrics.get(problem.id)),
            )
        )
    return msgspec.msgpack.encode(Payload(tuple(problems), files, private, expected, grader.footer, grader.weak))


def _trained(rubric: Rubric | None) -> bytes | None:
    return to_bytes(rubric.answers) if rubric and rubric.answers else None


def unpack(sent: SentProblem, home: Path) -> Problem:
    """Make the problem, with its files below a folder."""
    folder = home / "solutions" / sent.assignment
    given = tuple(folder / "given" / name for name in sent.given)
    return Problem(
        assignment=sent.assignment,
        name=sent.name,
        title=sent.title,
        points=sent.points,
        allowed_imports=sent.allowed_imports,
        preload=sent.preload,
        limits=sent.limits,
        official=sent.seed,
        notebook_points=sent.notebook_points,
        files=ProblemFiles(folder / sent.name, given, {name: home / "data" / name for name in sent.data}),
        page=load_page(folder / sent.name, given, sent.points),
    )
