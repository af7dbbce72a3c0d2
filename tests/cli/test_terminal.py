"""A command's terminal: Ctrl-C, a pipe that nobody reads any more, an alphabet without our letters."""

from __future__ import annotations

import csv
import os
import subprocess
import sys

import pytest
from small_course import REFERENCE, REJECT

COMMAND = [sys.executable, "-m", "autograder"]
ASCII = {"PYTHONIOENCODING": "ascii"}
# Python would help itself to UTF-8 otherwise. Names of files are bytes to it then, and what isn't ASCII is lost.
POOR = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}


@pytest.fixture
def grade(course, tmp_path):
    """The command that grades a class of two, and where its results go."""
    for student, fragment in (("Łucja", ""), ("bob", REJECT["one_step"])):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "line.py").write_text(f"{REFERENCE}\n\n{fragment}")
    out = tmp_path / "out"
    words = [*COMMAND, "grade", tmp_path / "class", "--course", course, "--out", out, "--weak-sandbox"]
    return [str(word) for word in words], out


def scores(out):
    """The table, by student."""
    with (out / "lines/grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row["total"] for row in csv.DictReader(file)}


BOTH = {"Łucja": "7", "bob": "3"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_alphabet_without_our_letters(grade, encoding):
    """Names and signs that it lacks are written as numbers; files and status are as ever."""
    command, out = grade
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=env, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert "2 submissions by code" in done.stdout.decode(encoding)
    assert scores(out) == BOTH


def test_a_system_without_our_letters(grade):
    """In whose names of files there are none."""
    command, out = grade
    done = subprocess.run(command, env={**os.environ, **POOR}, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(scores(out).values()) == sorted(BOTH.values())


@pytest.mark.parametrize("command", [["check", "--watch", "line.py"], ["audit"]])
def test_every_command_ends_with_a_line(course, command, monkeypatch):
    """And the status that shells give it."""
    script = (
        "import sys\n"
        "from autograder.cli import main as students, staff\n"
        "def interrupted(*_, **__): raise KeyboardInterrupt\n"
        "staff.audit.callback = students.check.callback = interrupted\n"
        "from autograder.cli.main import main\n"
        "main(prog_name='autograder')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "autograder: interrupted\n")
