"""Beside student code there are few of the engine's modules; in which direction rooms import, a contract holds."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import autograder

ENGINE = Path(autograder.__file__).parent

ROOMS = {path.parent.name for path in ENGINE.glob("*/__init__.py")}

# What a process that runs student code has in memory of ours.
BESIDE_STUDENT_CODE = {
    *(
        "autograder",
        "autograder.text",
        "autograder.wire",
        "autograder.codes",
        "autograder.authoring",
        "autograder.worker",
    ),
    *(f"autograder.worker.{name}" for name in ("run", "home", "job", "imports", "recorder", "reader")),
}
# What is there as well when it was forked from a server.
WITH_A_SERVER = {
    "autograder.sandbox",
    *(f"autograder.sandbox.{name}" for name in ("forkserver", "confine", "syscalls", "usage")),
}


def test_a_room_imports_nothing_at_once():
    """Who needs one of its modules gets no other."""
    for room in ROOMS:
        assert loaded(f"import autograder.{room}") == {"autograder", f"autograder.{room}"}


def test_the_package_imports_nothing_at_once():
    """`import autograder` is what the worker does too."""
    assert loaded("import autograder") == {"autograder"}


@pytest.mark.parametrize("module", ["worker.run", "wire", "authoring"])
def test_beside_student_code_there_is_little_of_ours(module):
    """No problem, no answer, no predicate, no report: what isn't there can't be read."""
    assert loaded(f"import autograder.{module}") <= BESIDE_STUDENT_CODE


def test_the_server_adds_confinement_and_nothing_else():
    """What a fork inherits is what its server has loaded."""
    more = loaded("import autograder.sandbox.forkserver") - BESIDE_STUDENT_CODE

    assert more == WITH_A_SERVER


def test_a_run_holds_what_it_should(sandbox, lines):
    """The same, seen from a student's function in a real run."""
    from small_course import laid_over

    names = "sorted(name for name in sys.modules if name.partition('.')[0] == 'autograder')"
    spy = f"import sys\n\ndef predict(x, w, b):\n    raise ValueError({names})\n"

    seen = sandbox.observe(lines, laid_over(lines, spy), lines.seed, lines.checks[:1])

    assert set(ast.literal_eval(seen[0].failure.message)) <= BESIDE_STUDENT_CODE | WITH_A_SERVER


def test_a_notebook_beside_student_code_adds_its_kernel_alone():
    """No document, no comparison, no report: a run of a notebook holds what a run holds, and a kernel."""
    more = (
        loaded("import autograder.sandbox.forkserver, autograder.notebook.kernel") - BESIDE_STUDENT_CODE - WITH_A_SERVER
    )

    assert more <= {"autograder.notebook", "autograder.notebook.kernel", "autograder.notebook.figure_metadata"}


def test_a_command_loads_no_other_s_modules():
    """A student who asks for a check waits for nothing of the instructors'."""
    there = loaded("from autograder.cli.main import main; main.get_command(None, 'check')")

    assert there & {"autograder.cli.staff"} == set()


def test_the_engine_knows_no_problem_by_name():
    """What a problem needs said is said in its folder."""
    solutions = ENGINE.parent / "solutions"
    names = {path.parent.name for path in solutions.glob("*/*/checks.py")}
    assert names

    said = [
        (path.name, name)
        for path in ENGINE.rglob("*.py")
        for name in names
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Constant) and node.value == name)
    ]

    assert said == []


def loaded(statement):
    """The modules of ours that a fresh interpreter has after a statement."""
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ENGINE.parent, capture_output=True, text=True, check=True
    ).stdout
    return {name for name in json.loads(said) if name.partition(".")[0] == "autograder"}
