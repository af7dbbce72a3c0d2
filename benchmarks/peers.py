"""The other graders: their environments, their tests of our problems, and how each is run and timed.

Everywhere the same: a claim per check (``claims.py``), the same inputs, expected values of the same reference, one BLAS
thread. A module is one problem of one submission: for nbgrader and Otter a notebook that imports it, for unittest and
pytest a process.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from autograder.course.problem import Problem
from autograder.expected import Answers

ROOT = Path(__file__).resolve().parent.parent
PINS = {
    "nbgrader": ("nbgrader", "ipykernel"),
    "otter": ("otter-grader", "ipykernel"),
    "plain": ("gradescope-utils", "pytest"),
}
HOMEWORK = ("cvxopt", "matplotlib", "numpy", "scikit-learn")
LOOK_SECONDS = 0.2
# The engine's modules that check pages and predicates import.
JUDGING = ("__init__", "codes", "compare", "probe", "wire")


@dataclass(frozen=True)
class Took:
    """What a command took: seconds, of the clock and of the processor, and the most memory of all its processes.

    ``points`` are those it gave to all modules together: what is timed has been graded, and alike.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str = ""
    points: float = 0.0


@dataclass(frozen=True)
class Module:
    """One problem of one submission, laid out for the other graders."""

    folder: Path
    problem: Problem


def environment(home: Path, name: str) -> Path:
    """The Python of one of the environments, made if need be, in the versions of the constraints beside this file."""
    pins = Path(__file__).with_name("constraints.txt")
    python = home / name / "bin" / "python"
    done = home / name / "installed"
    if not done.exists() or done.stat().st_mtime < pins.stat().st_mtime:
        print(f"installing {name} into {home / name}: a few minutes, once", flush=True)
        subprocess.run([sys.executable, "-m", "venv", home / name], check=True)
        packages = [*PINS[name], *HOMEWORK]
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", pins]
        subprocess.run([*pip, *packages], check=True)
        done.touch()
    return python


def run(command: Sequence[str | Path], folder: Path, extra: Mapping[str, str] | None = None) -> Took:
    """Run a command to its end, whatever its status, and see what it takes."""
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    surroundings = {**os.environ, **one, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT), **(extra or {})}
    # nbgrader asks for a command of its own environment by name.
    surroundings["PATH"] = f"{Path(command[0]).parent}{os.pathsep}{surroundings['PATH']}"
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak, ended = 0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not ended.wait(LOOK_SECONDS):
            peak = max(peak, sum(map(resident, tree(process.pid))))

    looking = threading.Thread(target=look)
    looking.start()
    assert process.stdout is not None
    output = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    ended.set()
    looking.join()
    # One that was gone before anybody looked.
    return Took(seconds, usage.ru_utime + usage.ru_stime, peak or usage.ru_maxrss * 1024, output)


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # gone meanwhile
        parents.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def resident(pid: int) -> int:
    """Bytes of memory of a process; what several share counts in parts."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # gone meanwhile
    return 0


# ---- what all of them find in a folder


def lay_out(
    folder: Path, files: Mapping[str, bytes], problems: Sequence[Problem], answers: Mapping[str, Answers]
) -> None:
    """A submission's folder: its modules, the handed-out ones, the data, and the judge."""
    judge = folder / "judge"
    judge.mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")  # or that of this repository is found
    shutil.copy(Path(__file__).with_name("claims.py"), judge / "__init__.py")
    for problem in problems:
        (folder / problem.module_file).write_bytes(files[problem.module_file])
        for path in problem.files.given:
            shutil.copy(path, folder)
        for name, path in problem.files.data.items():
            shutil.copy(path, folder / "data" / name)
        own = judge / problem.name
        own.mkdir()
        (own / "__init__.py").touch()
        for name in ("checks.py", "expect.py"):
            if (problem.folder / name).exists():
                shutil.copy(problem.folder / name, own)
        drawn = ((check.name, draw) for check in problem.checks for draw in range(check.draws))
        numbers = {f"{name}/{draw}": problem.seed.of_draw(problem.id, name, draw) for name, draw in drawn}
        (own / "draws.json").write_text(json.dumps(numbers))
        right = answers[problem.id].reference
        np.savez(
            own / "expected.npz",
            **{f"{check}/{draw}/{name}": v for (check, draw), seen in right.items() for name, v in seen.values.items()},
        )


def notebook(cells: Sequence[tuple[str, dict[str, object]]]) -> str:
    """A notebook of code cells, each its text and its metadata."""
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{number}",
                    "metadata": metadata,
                    "outputs": [],
                    "source": text,
                }
                for number, (text, metadata) in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


# ---- each of them: a function of modules that says what they took


def nbgrader(home: Path, modules: Sequence[Module]) -> Took:
    """``nbgrader autograde`` of one batch: a notebook for each module, a graded cell for each check."""
    python = environment(home, "nbgrader")
    course = home / "work" / "nbgrader"
    shutil.rmtree(course, ignore_errors=True)
    problems = {module.problem.name: module.problem for module in modules}
    source = course / "source" / "hw"
    source.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'bench'\nc.ExecutePreprocessor.timeout = 120\n"
    )
    for problem in problems.values():
        graded = [
            (
                f"claim({problem.name!r}, {check.name!r})",
                {
                    "nbgrader": {
                        "grade": True,
                        "grade_id": check.name,
                        "locked": True,
                        "points": check.points,
                        "schema_version": 3,
                        "solution": False,
                        "task": False,
                    }
                },
            )
            for check in problem.checks
        ]
        (source / f"{problem.name}.ipynb").write_text(notebook([("from judge import claim", {}), *graded]))
    command = [python, "-m", "nbgrader"]
    made = run([*command, "generate_assignment", "hw", "--force"], course)
    for folder in {module.folder for module in modules}:
        submitted = course / "submitted" / folder.name / "hw"
        shutil.copytree(folder, submitted)
        for name in problems:
            shutil.copy(source / f"{name}.ipynb", submitted)
    took = run([*command, "autograde", "hw", "--create"], course)
    notebooks = [json.loads(path.read_text()) for path in (course / "autograded").glob("*/hw/*.ipynb")]
    if len(notebooks) != len(modules):
        raise SystemExit(f"nbgrader graded {len(notebooks)} of {len(modules)} notebooks:\n{made.output}{took.output}")
    points = sum(
        cell["metadata"]["nbgrader"]["points"]
        for one in notebooks
        for cell in one["cells"]
        if "points" in cell["metadata"].get("nbgrader", {})
        and not any(output["output_type"] == "error" for output in cell["outputs"])
    )
    return replace(took, output="", points=points)


def _each(modules: Sequence[Module], one: Callable[[Module], Took]) -> Took:
    """One after the other."""
    took = [one(module) for module in modules]
    return Took(
        seconds=sum(one.seconds for one in took),
        cpu_seconds=sum(one.cpu_seconds for one in took),
        peak_bytes=max(one.peak_bytes for one in took),
        points=sum(one.points for one in took),
    )


def unittest(home: Path, modules: Sequence[Module]) -> Took:
    """gradescope-utils' runner and JSON report: a process for each module."""
    python = environment(home, "plain")

    def one(module: Module) -> Took:
        tests = "".join(
            f"    @weight({check.points:g})\n    def test_{check.name}(self):\n"
            f"        claim({module.problem.name!r}, {check.name!r})\n\n"
            for check in module.problem.checks
        )
        script = module.folder / f"run_{module.problem.name}.py"
        script.write_text(
            "import unittest\nfrom gradescope_utils.autograder_utils.decorators import weight\n"
            "from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner\n"
            f"from judge import claim\n\n\nclass Tests(unittest.TestCase):\n{tests}\n"
            "suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tests)\n"
            "with open('results.json', 'w') as file:\n    JSONTestRunner(stream=file).run(suite)\n"
        )
        results = module.folder / "results.json"
        results.unlink(missing_ok=True)
        took = run([python, script.name], module.folder)
        try:
            return replace(took, points=sum(test["score"] for test in json.loads(results.read_text())["tests"]))
        except (OSError, ValueError, KeyError):
            raise SystemExit(f"unittest has not graded {module}:\n{took.output}") from None

    return _each(modules, one)


def pytest(home: Path, modules: Sequence[Module]) -> Took:
    """Pytest, a process for each module."""
    python = environment(home, "plain")

    def one(module: Module) -> Took:
        name = module.problem.name
        script = module.folder / f"test_{name}.py"
        script.write_text(
            "from judge import claim\n\n\n"
            + "\n\n".join(f"def test_{c.name}():\n    claim({name!r}, {c.name!r})\n" for c in module.problem.checks)
        )
        took = run(
            [python, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--tb=line", script.name], module.folder
        )
        if " passed" not in took.output and " failed" not in took.output:
            raise SystemExit(f"pytest has not graded {module}:\n{took.output}")
        passed = re.findall(r"^PASSED \S+::test_(\w+)", took.output, re.MULTILINE)
        return replace(took, points=sum(check.points for check in module.problem.checks if check.name in passed))

    return _each(modules, one)


def _otter_zip(home: Path, module: Module) -> Path:
    """What Otter's own ``otter generate`` makes of a folder of tests and of the files they need."""
    python = environment(home, "otter")
    target = home / "work" / "otter" / module.problem.name
    made = target / "autograder.zip"
    if made.exists():
        return made
    tests = target / "tests"
    tests.mkdir(parents=True)
    for check in module.problem.checks:
        code = f">>> from judge import claim\n>>> claim({module.problem.name!r}, {check.name!r})\n"
        suite = {"cases": [{"code": code, "hidden": False}], "scored": True, "type": "doctest"}
        page = {"name": check.name, "points": check.points, "suites": [suite]}
        (tests / f"{check.name}.py").write_text(f"OK_FORMAT = True\ntest = {page!r}\n")
    (target / "otter_config.json").write_text(json.dumps({"lang": "python"}))
    command = [python, "-m", "otter", "generate", "-t", tests, "-c", target / "otter_config.json", "-o", made]
    took = run(command, target)
    if not made.exists():
        raise SystemExit(f"otter generate has made nothing:\n{took.output}")
    return made


def _otter_submission(module: Module) -> Path:
    path = module.folder / f"{module.problem.name}.ipynb"
    start = f"import sys\nsys.path[:0] = [{str(module.folder)!r}, {str(ROOT)!r}]\n"
    path.write_text(notebook([(start, {}), (f"import {module.problem.name}", {})]))
    return path


def otter_command(home: Path, modules: Sequence[Module]) -> Took:
    """``otter run``, a process for each module."""
    python = environment(home, "otter")

    def one(module: Module) -> Took:
        out = home / "work" / "otter" / "results"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        zipped, path = _otter_zip(home, module), _otter_submission(module)
        took = run([python, "-m", "otter", "run", "-a", zipped, "-o", out, path], module.folder)
        try:
            tests = json.loads((out / "results.json").read_text())["tests"]
        except (OSError, ValueError, KeyError):
            raise SystemExit(f"otter has not graded {module}:\n{took.output}") from None
        return replace(took, points=sum(test.get("score") or 0 for test in tests))

    return _each(modules, one)


def otter(home: Path, modules: Sequence[Module]) -> Took:
    """Otter's ``grade_submission``, for all modules in one process."""
    python = environment(home, "otter")
    pairs = [(str(_otter_submission(module)), str(_otter_zip(home, module))) for module in modules]
    script = home / "work" / "otter" / "api.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import os
            from otter.api import grade_submission

            for path, zipped in {pairs!r}:
                results = grade_submission(path, ag_path=zipped, quiet=True)
                print("graded", results.total, flush=True)
            """
        )
    )
    took = run([python, script], script.parent)
    if took.output.count("graded ") != len(modules):
        raise SystemExit(f"Otter's API has not graded all modules:\n{took.output}")
    return replace(took, points=sum(map(float, re.findall(r"^graded (\S+)", took.output, re.MULTILINE))), output="")


GRADERS: Mapping[str, Callable[[Path, Sequence[Module]], Took]] = {
    "nbgrader": nbgrader,
    "otter": otter,
    "otter_command": otter_command,
    "unittest": unittest,
    "pytest": pytest,
}
