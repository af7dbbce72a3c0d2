"""Who is waited for while a class is graded: named where the run shows itself, on a terminal and in a log."""

from __future__ import annotations

import io
import threading

import pytest
from handed_in import graded
from rich.console import Console
from small_course import REFERENCE

from autograder.cli import screen
from autograder.gradebook import executors
from autograder.gradebook.grading import prepare
from autograder.submissions.reading import find_class


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [100.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: now[0])

    def pass_(seconds):
        now[0] += seconds

    return pass_


@pytest.fixture
def log(clock):
    """The progress of 100 items in a log, and the lines about waiting since it was last asked."""
    stream = io.StringIO()
    with screen.Progress(Console(file=stream, width=160), 100, "graded") as shown:

        def lines():
            said = [line.partition("waiting for ")[2] for line in stream.getvalue().splitlines() if "waiting" in line]
            stream.seek(0)
            stream.truncate()
            return said

        yield shown, lines


def test_in_a_log_it_is_told_ever_more_rarely(clock, log):
    """A night's log is read by somebody."""
    shown, lines = log
    for second in range(1, 601):
        clock(1)
        shown.waits([("ada", second + 2.0), ("bob", 1.0)])

    assert lines() == [f"ada ({second} s) and 1 more" for second in (7, 12, 22, 42, 82, 162, 322)]


def test_what_is_finished_ends_the_wait(clock, log):
    """Patience begins anew."""
    shown, lines = log
    clock(0.1)
    shown(None)
    clock(4)
    shown.waits([("bob", 4.0)])
    clock(1)
    shown.waits([("bob", 5.0)])

    assert lines() == ["bob (5 s)"]


def test_where_all_take_long_a_log_says_nothing_of_it(clock, log):
    """A notebook of ten seconds is no news where each takes ten; one of forty is."""
    shown, lines = log
    for _ in range(20):
        for second in range(1, 11):
            clock(1)
            shown.waits([("ada", float(second))])
        shown(None)
    assert lines() == ["ada (5 s)", "ada (10 s)"]  # of the first alone
    for second in range(1, 60):
        clock(1)
        shown.waits([("eve", float(second))])

    assert lines() == ["eve (40 s)"]


def test_nobody_is_waited_for_where_nobody_is_at_work(clock, log):
    """Work that was given to no thread yet has no name to show."""
    shown, lines = log
    clock(60)
    shown.waits([])

    assert lines() == []


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "log"])
def test_where_it_is_shown(clock, terminal):
    """A name is text, whatever it looks like."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=160)
    with screen.Progress(console, 4, "graded") as shown:
        shown(None)
        clock(42)
        shown.waits([("[red]ada\x1b[2J", 42.0)])

    assert "waiting for [red]ada" in stream.getvalue()
    assert "(42 s)" in stream.getvalue()
    assert "ada\x1b[2J" not in stream.getvalue()


def test_who_is_at_work_longest_comes_first(monkeypatch):
    """Each with the seconds that it has been at work."""
    monkeypatch.setattr(executors, "TELL_SECONDS", 0.01)
    ends = threading.Event()
    began = [threading.Event(), threading.Event()]
    told = []

    def tell(waited):
        told.append([student for student, _ in waited])
        assert all(seconds >= 0 for _, seconds in waited)
        ends.set()

    def do(_, number):
        began[number].set()
        return ends.wait(60)

    def items():
        for number in range(2):
            yield f"s{number}", number
            began[number].wait(60)

    done = dict(executors.in_threads(2, do, lambda *_: None, items(), tell, weak=True))

    assert told[0] == ["s0", "s1"]
    assert done == {0: True, 1: True}


def test_a_submission_that_hangs_is_named(lines, tmp_path, monkeypatch):
    """By the executors, while its run goes on."""
    monkeypatch.setattr(executors, "TELL_SECONDS", 0.05)
    for student, more in (("ada", ""), ("eve", "import time\ntime.sleep(3)\n")):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "line.py").write_text(f"{REFERENCE}\n# {student}\n{more}")
    grader = prepare((lines,), None, 1, weak=True)
    told = []

    graded(grader, find_class(tmp_path / "class"), tmp_path / "out", waits=told.extend)

    assert "eve" in {student for student, _ in told}
    assert max(seconds for student, seconds in told if student == "eve") > 1
