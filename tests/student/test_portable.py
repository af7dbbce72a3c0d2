"""A student's own check needs nothing that only Unix has: no fork, no descriptors through sockets, no groups."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_course import REFERENCE, write_course

import autograder
from autograder.course.assignments import read_course
from autograder.release.files import release, write

# Taken away before anything of ours is imported, as on a system that never had them.
ABSENT = {
    "os": [
        *("fork", "forkpty", "wait4", "wait3", "setsid", "killpg", "getpgid", "setresuid", "setresgid", "setgroups"),
        *("geteuid", "getegid", "chown", "lchown", "openat", "pipe2", "register_at_fork", "mkfifo", "O_NOFOLLOW"),
        *("O_NONBLOCK", "O_CLOEXEC", "sched_setaffinity", "sched_getaffinity", "getuid", "setuid"),
    ],
    "socket": ["recv_fds", "send_fds", "AF_UNIX", "MSG_WAITALL", "CMSG_LEN"],
    "signal": ["pause", "alarm", "setitimer", "pthread_sigmask", "SIGSYS", "SIGXCPU", "SIGXFSZ"],
}
MISSING_MODULES = ["resource", "fcntl", "pwd", "grp", "termios"]

BARE = f"""
import os, signal, socket, sys, ctypes
# What the standard library itself takes, on the system the test runs on, is imported while it is there.
import asyncio, subprocess, tempfile, shutil, threading, pathlib, selectors
for module, names in {ABSENT!r}.items():
    for name in names:
        if hasattr(sys.modules[module], name):
            delattr(sys.modules[module], name)
for name in {MISSING_MODULES!r}:
    sys.modules[name] = None
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory, sandbox):
    """The released small course, with the reference for a student's module."""
    (assignment,) = read_course(write_course(tmp_path_factory.mktemp("portable") / "course"))
    home = tmp_path_factory.mktemp("portable") / "lines"
    write(release(sandbox.observe, assignment, Path("nowhere")), home)
    (home / "line.py").write_text(REFERENCE)
    return home


def bare(home, code):
    """A fresh interpreter without what only Unix has, in a student's folder."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{BARE}\nsys.path.insert(0, {str(root())!r})\n{code}"],
        cwd=home,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def root():
    """Where the engine is."""
    return Path(autograder.__file__).parent.parent


def test_every_module_can_be_imported(home):
    """What can't work elsewhere says so when it is used, not when it is loaded."""
    engine = Path(autograder.__file__).parent
    names = {".".join(path.relative_to(engine).with_suffix("").parts) for path in engine.rglob("[!_]*.py")}
    # Clusters, notebooks and mutants need packages that whoever checks does not have.
    names = sorted(name for name in names if name.partition(".")[0] not in {"notebook", "audit", "cluster"})
    ended = bare(home, "\n".join(f"import autograder.{name}" for name in names))

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_student_can_check(home):
    """The command gives its verdict."""
    ended = bare(home, "sys.argv = ['autograder', 'check', 'line.py']\nfrom autograder.cli.main import main\nmain()")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "lines/line  7/7" in ended.stdout


def test_a_notebook_can_check(home):
    """So does the function."""
    ended = bare(home, "from autograder import check\nprint(check('line', 'fitted').code)")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "0\n", "")


def test_the_process_of_a_run_needs_none_of_it_either(home):
    """The worker takes its job from standard input and writes to standard output, which every system has."""
    patch = f"import autograder.sandbox.runs as s; s._BOOT = {BARE!r} + s._BOOT"
    ended = bare(home, f"{patch}\nfrom autograder import check\nprint(check('line').code)")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "0\n", "")


def test_an_endless_loop_says_where(home, tmp_path):
    """A system without timers has a thread that looks at the clock."""
    copy = shutil.copytree(home, tmp_path / "lines")
    with (copy / "checks/assignment.toml").open("a") as entry:
        entry.write("\n[problems.limits]\nwall_seconds = 1.5\n")
    (copy / "line.py").write_text(f"{REFERENCE}\n\ndef root(a):\n    while True:\n        a = a\n")
    patch = f"import autograder.sandbox.runs as s; s._BOOT = {BARE!r} + s._BOOT"
    ended = bare(
        copy, f"{patch}\nfrom autograder import check\nprint(check('line', 'rooted').report.checks[0].message)"
    )

    assert ended.stderr == ""
    assert "`root` ran past the limit of 1.5 s\n  line.py, line " in ended.stdout


def test_grading_a_class_elsewhere_is_refused_in_words(home, tmp_path):
    """Where a run can't be confined there is a sentence, and no traceback."""
    course = write_course(tmp_path / "course")
    words = ["autograder", "grade", str(course), "--course", str(course)]
    no_pass_fds = "subprocess._mswindows = True"
    ended = bare(home, f"{no_pass_fds}\nsys.argv = {words!r}\nfrom autograder.cli.main import main\nmain()")

    assert ended.returncode == 64
    assert "Traceback" not in ended.stderr
