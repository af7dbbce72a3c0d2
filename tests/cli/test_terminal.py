"""A command's terminal: Ctrl-C, a pipe that nobody reads any more, an alphabet without our letters."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("lines", [0, 1, 3])
@pytest.mark.parametrize("environment", [{}, ASCII], ids=["utf8", "ascii"])
def test_a_pipe_that_nobody_reads(grade, lines, environment):
    """`| head -1`: the class is graded to its end, and says no more."""
    command, out = grade
    env = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")
    assert scores(out) == BOTH


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_log_on_a_full_disk(grade):
    """A line that can't be written is left out."""
    command, out = grade
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert scores(out) == BOTH


@pytest.mark.parametrize("stream", ["stdout", "stderr", "both"])
def test_no_terminal_at_all(grade, stream):
    """As a job of the night's may be started."""
    command, out = grade
    closing = {"stdout": ">&-", "stderr": "2>&-", "both": ">&- 2>&-"}[stream]
    done = subprocess.run(["sh", "-c", f'exec "$@" {closing}', "sh", *command], capture_output=True, check=False)

    assert done.returncode == 0
    assert scores(out) == BOTH


def test_a_status_is_a_status_whoever_reads(course):
    """A student's code, too, is the same with nobody at the end of the pipe."""
    subprocess.run([*COMMAND, "release", "--course", str(course)], check=True)
    folder = course / "assignments/lines"
    with subprocess.Popen([*COMMAND, "check", "line.py"], cwd=folder, stdout=subprocess.PIPE) as process:
        process.stdout.close()

    assert process.returncode == 40


WAITS_TWICE = """
import time
from autograder.cli.main import interruptible
with interruptible():
    try:
        print("at work", flush=True)
        time.sleep(600)
    finally:
        print("putting things in order", flush=True)
        time.sleep(600)
"""


def test_a_second_ctrl_c_waits_for_nothing():
    """Whoever puts things in order after the first may take long over it."""
    with subprocess.Popen([sys.executable, "-c", WAITS_TWICE], stdout=subprocess.PIPE, text=True) as process:
        for line in ("at work\n", "putting things in order\n"):
            assert process.stdout.readline() == line
            process.send_signal(signal.SIGINT)

    assert process.returncode == 130


@pytest.mark.parametrize("command", [["check", "--watch", "line.py"], ["audit"]])
def test_every_command_ends_with_a_line(course, command, monkeypatch):
    """And the status that shells give it."""
    script = (
        "import sys\n"
        "from autograder.cli import authors, students\n"
        "def interrupted(*_, **__): raise KeyboardInterrupt\n"
        "authors.audit.callback = students.check.callback = interrupted\n"
        "from autograder.cli.main import main\n"
        "main(prog_name='autograder')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "autograder: interrupted\n")
