"""The engine's modules import each other in one direction, and beside student code there are few of them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograder
from autograder.gradebook.dependencies import NO_RESULTS

ENGINE = Path(autograder.__file__).parent

# Each module imports only modules that stand before it.
ORDER = (
    "codes",
    "engine",
    "sandbox.limits",
    "sandbox.promises",
    "sandbox.enforced",
    "sandbox.kernel",
    "sandbox.calls",
    "sandbox.substitutes",
    "sandbox.traces",
    "sandbox.confine",
    "text",
    "wire",
    "probe",
    "seed",
    "worker.job",
    "worker.watched",
    "worker.imports",
    "worker.failures",
    "worker.run",
    "worker.reader",
    "notebook.drawn",
    "notebook.outputs",
    "notebook.chance",
    "notebook.clock",
    "notebook.abroad",
    "notebook.elsewhere",
    "notebook.interpreter",
    "notebook.shell",
    "sandbox.deadline",
    "sandbox.server",
    "sandbox.loader",
    "sandbox.process",
    "sandbox.scratch",
    "sandbox.warm",
    "compare",
    "notebook.document",
    "notebook.ipynb",
    "notebook.program",
    "notebook.aside",
    "notebook.matching",
    "notebook.given",
    "diagnosis.pair",
    "diagnosis.factors",
    "diagnosis.tables",
    "diagnosis.cases",
    "diagnosis.relations",
    "diagnosis.readings",
    "diagnosis.tracebacks",
    "submissions.beside",
    "submissions.uses",
    "submissions.spool",
    "course.pages",
    "course.specimens",
    "course.problem",
    "course.assignments",
    "notebook.volatile",
    "notebook.lines",
    "notebook.texts",
    "notebook.displays",
    "notebook.figures",
    "notebook.steady",
    "notebook.truth",
    "notebook.history",
    "notebook.execution",
    "notebook.wanted",
    "sandbox.observe",
    "answers",
    "predicates",
    "diagnosis.mistakes",
    "diagnosis.diagnose",
    "whereabouts",
    "report",
    "grade",
    "notebook.retrial",
    "notebook.sheet",
    "notebook.judging",
    "notebook.grade",
    "release.keys",
    "release.history",
    "release.starter",
    "release.variation",
    "release.handout",
    "release.files",
    "notebook.saved",
    "notebook.reference",
    "submissions.unpack",
    "submissions.place",
    "submissions.names",
    "submissions.choosing",
    "submissions.reading",
    "gradebook.dependencies",
    "gradebook.faults",
    "gradebook.lock",
    "gradebook.store",
    "gradebook.diff",
    "gradebook.grader",
    "gradebook.desks",
    "gradebook.intake",
    "gradebook.preparation",
    "gradebook.results",
    "gradebook.grading",
    "cluster.machines",
    "cluster.parcel",
    "cluster.desk",
    "cluster.connection",
    "submissions.sample",
    "student.markup",
    "student.environment",
    "student.waiting",
    "student.check",
    "student.pack",
    "progress",
    "audit.specimens",
    "audit.crew",
    "audit.journal",
    "audit.syntax",
    "audit.operators",
    "audit.mutants",
    "audit.leaks",
    "audit.trials",
    "audit.home",
    "audit.margins",
    "audit.alarms",
    "audit.kills",
    "audit.measure",
    "audit.page",
    "terminal",
    "commands.course",
    "commands.attempts",
    "commands.students",
    "commands.instructors",
    "commands.authors",
    "cli",
    "__main__",
)

ROOMS = {name.partition(".")[0] for name in ORDER if "." in name}

# What a process that runs student code has in memory of ours.
BESIDE_STUDENT_CODE = {
    *("autograder", "autograder.text", "autograder.wire", "autograder.probe", "autograder.worker"),
    *(f"autograder.worker.{name}" for name in ("run", "job", "watched", "imports", "failures")),
}
# What is there as well when it was forked from a server.
WITH_A_SERVER = {
    "autograder.sandbox",
    *(f"autograder.sandbox.{name}" for name in ("loader", "server", "confine", "calls", "kernel", "deadline")),
    *(f"autograder.sandbox.{name}" for name in ("enforced", "promises", "substitutes", "traces")),
}


def imported(path):
    """The engine's modules that a module of it imports, anywhere in its text; not the package, which imports none."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.partition(".")[0] == "autograder"}
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] == "autograder"):
            assert not node.level, f"{path.name}, line {node.lineno}: say autograder, not a dot"
            inner = (node.module or "").partition(".")[2]
            # Out of the package, or out of one of its rooms, come modules; out of a module, what is in it.
            room = inner in ROOMS or not inner
            found |= {f"{inner}.{alias.name}".lstrip(".") for alias in node.names} if room else {inner}
    return {name.removeprefix("autograder.") for name in found - {"autograder"}}


def test_the_order_names_every_module():
    """A new module has a place in it."""
    there = {path.relative_to(ENGINE).with_suffix("").as_posix().replace("/", ".") for path in ENGINE.rglob("*.py")}

    assert there == {"__init__", *(f"{room}.__init__" for room in ROOMS), *ORDER}


def test_the_page_on_the_design_names_every_module():
    """Room by room, with what it is."""
    page = (ENGINE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    rows, named = page[page.index("## The rooms") : page.index("## A notebook")].splitlines(), {"__main__"}
    room = ""
    for row in rows:
        first, *rest = [re.findall(r"`(\w+)`", cell) for cell in row.strip("|").split("|")]
        if len(rest) == 1:  # at the top
            named |= set(first)
        elif len(rest) == 2:
            room = first[0] if first else room
            named |= {f"{room}.{name}" for name in rest[0]}

    assert named == set(ORDER)


def test_a_room_imports_nothing_at_once():
    """Who needs one of its modules gets no other."""
    for path in ENGINE.glob("*/__init__.py"):
        assert imported(path) == set()


@pytest.mark.parametrize("name", ORDER)
def test_a_module_imports_only_those_before_it(name):
    """There are no circles, and the heart knows neither processes nor commands."""
    assert imported(ENGINE / f"{name.replace('.', '/')}.py") <= set(ORDER[: ORDER.index(name)])


def test_the_package_imports_nothing_at_once():
    """`import autograder` is what the worker does too."""
    assert imported(ENGINE / "__init__.py") == {"student.check", "student.environment"}
    assert loaded("import autograder") == {"autograder"}


@pytest.mark.parametrize("module", ["worker.run", "wire", "probe"])
def test_beside_student_code_there_is_little_of_ours(module):
    """No problem, no answer, no predicate, no report: what isn't there can't be read."""
    assert loaded(f"import autograder.{module}") <= BESIDE_STUDENT_CODE


def test_the_server_adds_confinement_and_nothing_else():
    """What a fork inherits is what its server has loaded."""
    more = loaded("import autograder.sandbox.loader") - BESIDE_STUDENT_CODE

    assert more == WITH_A_SERVER


def test_a_run_holds_what_it_should(sandbox, lines):
    """The same, seen from a student's function in a real run."""
    from small_course import laid_over

    names = "sorted(name for name in sys.modules if name.partition('.')[0] == 'autograder')"
    spy = f"import sys\n\ndef predict(x, w, b):\n    raise ValueError({names})\n"

    seen = sandbox.observe(lines, laid_over(lines, spy), lines.seed, lines.checks[:1])

    assert set(ast.literal_eval(seen[0].failure.message)) <= BESIDE_STUDENT_CODE | WITH_A_SERVER


def test_a_notebook_beside_student_code_adds_its_shell_alone():
    """No document, no truth, no report: a run of a notebook holds what a run holds, and a shell."""
    more = loaded("import autograder.sandbox.loader, autograder.notebook.shell") - BESIDE_STUDENT_CODE - WITH_A_SERVER

    beside = ("shell", "interpreter", "drawn", "outputs", "elsewhere", "abroad", "chance", "clock")
    assert more <= {"autograder.notebook", *(f"autograder.notebook.{name}" for name in beside)}


def test_no_result_hangs_on_what_keys_leave_out():
    """Nothing that runs or judges imports a part of the engine whose text is in no key."""
    waiting = ["gradebook.preparation", "gradebook.grader", "sandbox.loader", "notebook.shell", "worker.run"]
    waiting += ["submissions.reading", "notebook.judging"]
    needed = set()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += imported(ENGINE / f"{name.replace('.', '/')}.py")

    left_out = {name.removesuffix(".py") for name in NO_RESULTS}
    assert {"compare", "grade", "report"} <= needed
    assert left_out <= ROOMS | set(ORDER)
    assert {name for name in needed if name.partition(".")[0] in left_out} == set()


def test_a_command_loads_no_other_s_modules():
    """A student who asks for a check waits for nothing of the instructors'."""
    there = loaded("from autograder.cli import main; main.get_command(None, 'check')")

    assert {name for name in there if "commands" in name} == {"autograder.commands", "autograder.commands.students"}


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
