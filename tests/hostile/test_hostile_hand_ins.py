"""A class whose archives, folders and notebooks are attacks: each costs its student alone, in little time and memory.

What is handed in is in :mod:`handed_archives` and :mod:`handed_notebooks`, a function for each. All are graded
together, beside honest students, whose reports must be the same to the byte as in a class of their own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from graded_notebook import read_graded_problem, saved_notebook

from autograder.codes import FAULTS_OF_OURS
from autograder.sandbox.observe import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="classes are graded on Linux")

sys.path.insert(0, str(Path(__file__).resolve().parent))
from handed_archives import ARCHIVES  # noqa: E402  it lies beside this file
from handed_notebooks import NOTEBOOKS  # noqa: E402
from test_hostile import PATIENCE, SITUATIONS, WORKERS, in_situation, room  # noqa: E402

# Small, so that what runs into one costs little time; far more than an honest submission takes.
LIMITS = """
[problems.limits]
reading_seconds = 2
reading_memory_bytes = 402_653_184
notebook_seconds = 8.0
cell_seconds = 2.0
cell_bytes = 1_048_576
"""
HONEST = ("ada", "zoe")
# The grader's memory may grow by so much, in parts of what an honest class takes; and by the outputs of one cell for
# each worker, which pass through it from a run to a reader: a few copies of what `cell_bytes` and a file may have.
GROWTH = 0.2
IN_PASSING = WORKERS * 12 * 2**20
NOTEBOOK_CHECKS = 5


@dataclass(frozen=True)
class Graded:
    """The outcome of a class: exit status, printed text, reports by student, the grader's greatest memory, bytes."""

    status: int
    said: str
    reports: dict[str, bytes]
    texts: dict[str, str]
    peak: int

    def verdicts(self, student, problem):
        """The verdicts of a student on one of the two: the module, or the notebook."""
        problems = json.loads(self.reports[student])["problems"]
        return problems[problem]["checks"]


def peak_of(launcher, found):
    """Note the greatest memory of the grader that a launcher has started, until it is gone."""
    graders = []
    with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        while launcher.poll() is None:
            # The first one: later there may be others, of which the grader was the parent.
            graders = graders or psutil.Process(launcher.pid).children()
            for grader in graders[:1]:
                status = Path(f"/proc/{grader.pid}/status").read_text(encoding="ascii")
                found += [int(kib) << 10 for kib in re.findall(r"VmHWM:\s+(\d+)", status)]
            time.sleep(0.1)


def graded_in(situation, base, name):
    """Grade a folder, in a situation."""
    command, environment = in_situation(
        situation, base, "grade", base / name, "--course", base / "course", "--out", base / f"out-{name}"
    )
    peaks = []
    with subprocess.Popen(
        command, env=environment, cwd=base / "cwd", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as launcher:
        watching = threading.Thread(target=peak_of, args=(launcher, peaks))
        watching.start()
        said, _ = launcher.communicate(timeout=PATIENCE)
        watching.join()
    if "no other user can be had here" in said:
        pytest.skip("this machine lets this user be no other")
    folders = [path.parent for path in (base / f"out-{name}").glob("*/reports/*/report.json")]
    return Graded(
        launcher.returncode,
        said,
        {folder.name: (folder / "report.json").read_bytes() for folder in folders},
        {folder.name: (folder / "report.txt").read_text(encoding="utf-8") for folder in folders},
        max(peaks, default=0),
    )


def work(path, module, notebook):
    """Hand in a module and a notebook."""
    path.mkdir(parents=True)
    (path / "line.py").write_bytes(module)
    (path / "line.ipynb").write_bytes(notebook)


@pytest.fixture(scope="module", params=SITUATIONS)
def classes(request):
    """The class and the honest ones alone, graded in a situation."""
    situation = request.param
    with ExitStack() as stack:
        base, hand_over = stack.enter_context(room(situation))
        for name in ("home", "cwd", "tmp"):
            (base / name).mkdir()
        problem = read_graded_problem(base / "course")
        toml = base / "course/solutions/lines/assignment.toml"
        toml.write_text(toml.read_text(encoding="utf-8") + LIMITS, encoding="utf-8")
        with Sandbox(weak=True) as sandbox:
            honest = json.dumps(saved_notebook(sandbox, problem)).encode()
        module = problem.reference.files["line.py"]
        for folder in ("alone", "class"):
            for student in HONEST:
                work(base / folder / student, module, honest)
        for name, hand_in in ARCHIVES.items():
            hand_in.write(base / "class" / name, module)
        for name, hand_in in NOTEBOOKS.items():
            work(base / "class" / name, module, hand_in.make(json.loads(honest)))
        hand_over()
        yield graded_in(situation, base, "class"), graded_in(situation, base, "alone")


def test_there_are_enough():
    """More than a hundred, and none twice."""
    assert len(ARCHIVES) + len(NOTEBOOKS) > 100
    assert not ARCHIVES.keys() & NOTEBOOKS.keys()


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_ends_as_it_must(classes, name):
    """Its module is taken, or a sentence says why it is not."""
    graded, _ = classes
    verdicts = graded.verdicts(name, 0)

    assert {verdict["code"] for verdict in verdicts} <= ARCHIVES[name].codes
    assert re.search(ARCHIVES[name].says, "\n".join(verdict["message"] for verdict in verdicts))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_ends_as_it_must(classes, name):
    """It has verdicts, and the module beside it all its points."""
    graded, _ = classes
    verdicts = graded.verdicts(name, 1)

    assert {verdict["code"] for verdict in verdicts} <= NOTEBOOKS[name].codes
    assert len(verdicts) == NOTEBOOK_CHECKS
    assert re.search(NOTEBOOKS[name].says, "\n".join(verdict["message"] for verdict in verdicts))
    assert {verdict["code"] for verdict in graded.verdicts(name, 0)} == {0}


@pytest.mark.parametrize("student", HONEST)
def test_honest_students_notice_nothing(classes, student):
    """Their reports are those of a class without the others, and full."""
    graded, alone = classes

    assert graded.reports[student] == alone.reports[student]
    assert json.loads(graded.reports[student])["score"] == 15


def test_nothing_is_pending(classes):
    """No hand-in is taken for a fault of ours; everybody is graded, and the run is whole."""
    graded, _ = classes
    found = {
        (student, verdict["check"]): verdict["message"]
        for student in graded.reports
        for problem in (0, 1)
        for verdict in graded.verdicts(student, problem)
        if verdict["code"] in FAULTS_OF_OURS
    }

    assert found == {}
    assert len(graded.reports) == len(HONEST) + len(ARCHIVES) + len(NOTEBOOKS)
    assert graded.status == 0, graded.said


def test_the_grader_stays_small(classes):
    """Its greatest memory is that of an honest class, or little more."""
    graded, alone = classes

    assert 0 < graded.peak < (1 + GROWTH) * alone.peak + IN_PASSING


def test_reports_are_small_and_plain(classes):
    """However long the names and messages; and no line of one is a verdict but the grader's."""
    graded, _ = classes
    checks = {student: sum(len(graded.verdicts(student, n)) for n in (0, 1)) for student in graded.texts}
    marked = {
        student: sum(line.lstrip().startswith(("✓", "✗", "·", "–")) for line in text.splitlines())
        for student, text in graded.texts.items()
    }

    assert {student: len(text) for student, text in graded.texts.items() if len(text) > 100_000} == {}
    assert marked == checks
    assert "Traceback" not in graded.said
    assert "Warning" not in graded.said
