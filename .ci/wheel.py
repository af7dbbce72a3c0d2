"""Install the built wheel into an environment of its own, away from this tree, and grade the sample class with it.

Every known mistake must get the codes that its file claims, and every right submission all points of its modules. The
course is a copy, and the working directory is empty: nothing of the tree is in reach.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.course.assignments import read_course
from autograder.course.problem import Problem

TREE = Path(__file__).resolve().parent.parent
# One assignment: the other shows nothing more of an installation.
ASSIGNMENT = "svm"
RIGHT = ("all-right", "all-right-wrapped", "all-right-zipped", "chatty", "with-extras")


def call(*command: str | Path, cwd: Path) -> None:
    """Run a command quietly; end with its output where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with status {done.returncode}\n{done.stdout}{done.stderr}")


def install(constraints: Path, scratch: Path) -> Path:
    """Build the wheel, install it, and return the command that it brings."""
    source, wheels, venv = scratch / "source", scratch / "wheels", scratch / "venv"
    shutil.copytree(TREE / "autograder", source / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TREE / name, source)
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    call(sys.executable, *pip, "wheel", "--no-deps", "--wheel-dir", wheels, source, cwd=scratch)
    (wheel,) = wheels.glob("ml_autograder-*.whl")
    call(sys.executable, "-m", "venv", venv, cwd=scratch)
    call(venv / "bin/python", *pip, "install", "-c", constraints, f"{wheel}[staff,courses]", cwd=scratch)
    return venv / "bin/autograder"


def grade(command: Path, scratch: Path) -> dict[str, dict[str, dict[str, int]]]:
    """Grade the sample class; the codes of failed checks by student, problem and check."""
    course, empty = scratch / "course", scratch / "empty"
    for name in ("solutions", "assignments", "data"):
        shutil.copytree(TREE / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    empty.mkdir()
    call(command, "grade", "--course", course, "--assignment", ASSIGNMENT, "--out", scratch / "grades", cwd=empty)
    reports = [json.loads(path.read_bytes()) for path in scratch.glob("grades/**/report.json")]
    return {
        report["student"]: {
            problem["problem"]: {check["check"]: check["code"] for check in problem["checks"] if check["code"]}
            for problem in report["problems"]
        }
        for report in reports
    }


def claims(problems: Sequence[Problem]) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Yield the codes by check that each submission of the sample class must get, with its student and problem."""
    for problem in problems:
        for student in RIGHT:
            yield student, problem.id, {}
        for number, specimen in enumerate(problem.specimens("accept"), 1):
            yield f"right-but-different-{number:02}", problem.id, dict(specimen.caught)
        for number, specimen in enumerate(problem.specimens("reject"), 1):
            yield f"mistaken-{number:02}", problem.id, dict(specimen.caught)


def main() -> int:
    """Install, grade and compare; the exit status is 1 where a grade is another than it must be."""
    began = time.monotonic()
    (problems,) = (one.problems for one in read_course(TREE) if one.name == ASSIGNMENT)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        command = install(TREE / os.environ.get("CONSTRAINTS", "constraints.txt"), scratch)
        installed = time.monotonic()
        found = grade(command, scratch)
    expected = list(claims(problems))
    wrong = [claim for claim in expected if found[claim[0]][claim[1]] != claim[2]]
    for student, problem, codes in wrong:
        print(f"{student}, {problem}: expected {codes}, got {found[student][problem]}", file=sys.stderr)
    print(
        f"installed in {installed - began:.0f} s, graded {len(found)} submissions in "
        f"{time.monotonic() - installed:.0f} s; {len(expected) - len(wrong)} of {len(expected)} modules as claimed"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
