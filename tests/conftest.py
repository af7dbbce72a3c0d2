"""The small course in a temporary folder, and sandboxes to run it in."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings
from small_course import write_course

from autograder.course.assignments import read_course
from autograder.sandbox.observe import Sandbox

# What is asserted there is explained as in a test.
pytest.register_assert_rewrite("specimens")

# As the command sets it for itself: results are filed under it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A job in a script's background ignores Ctrl-C, and so would every command that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples on every machine, however busy it is.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")


@pytest.fixture
def course(tmp_path):
    """The small course, of whose files a test may change some before they are read."""
    return write_course(tmp_path / "course")


@pytest.fixture
def assignment(course):
    """The course's assignment, read."""
    (assignment,) = read_course(course)
    return assignment


@pytest.fixture
def problem(assignment):
    """The course's problem, read."""
    return assignment.problems[0]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """The same problem for all tests of a file, none of which changes its files."""
    (assignment,) = read_course(write_course(tmp_path_factory.mktemp("lines") / "course"))
    return assignment.problems[0]


@pytest.fixture(scope="session")
def sandbox():
    """A sandbox with warm servers; weak, so that the engine is tested on machines that confine nothing, too."""
    with Sandbox(weak=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def cold():
    """A sandbox that starts each run afresh, as students' own checks do."""
    with Sandbox(warm=False) as sandbox:
        yield sandbox


SLOW_LEFT_OUT = pytest.StashKey[int]()


def pytest_deselected(items):
    """Count the slow tests that are left out; each of xdist's workers sees all of them."""
    config = items[0].config
    slow = sum("slow" in item.keywords and "browser" not in item.keywords for item in items)
    config.stash[SLOW_LEFT_OUT] = config.stash.get(SLOW_LEFT_OUT, 0) + slow
    if hasattr(config, "workeroutput"):
        config.workeroutput["slow_left_out"] = config.stash[SLOW_LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take the count over from a worker, which has none where it crashed."""
    node.config.stash[SLOW_LEFT_OUT] = getattr(node, "workeroutput", {}).get("slow_left_out", 0)


def pytest_terminal_summary(terminalreporter, config):
    """Say how many tests there are beside those that were run."""
    if count := config.stash.get(SLOW_LEFT_OUT, 0):
        terminalreporter.write_line(f"left out: {count} slow tests, which `make check-all` runs")
