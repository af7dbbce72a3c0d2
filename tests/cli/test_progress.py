"""Who is waited for while a class is graded: named where the run shows itself, on a terminal and in a log."""

from __future__ import annotations

import io
import threading

import pytest
from handed_in import graded
from rich.console import Console
from small_course import REFERENCE

from autograder.cli import screen
from autograder.cli.screen import Progress
from autograder.gradebook import executors
from autograder.gradebook.grader import prepare
from autograder.submissions.reading import find_class


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [100.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: now[0])

    def pass_(seconds):
        now[0] += seconds

    return pass_


def lines_of(clock, *, rarely):
    """The lines of ten minutes of waiting, second by second."""
    told = []
    shown = Progress(lambda *_: None, told.append, rarely=rarely)
    for second in range(1, 601):
        clock(1)
        shown.waits([("ada", second + 2.0), ("bob", 1.0)])
    return told, shown


def test_in_a_log_it_is_told_ever_more_rarely(clock):
    """A night's log is read by somebody."""
    told, _ = lines_of(clock, rarely=True)

    seconds = (7, 12, 22, 42, 82, 162, 322)
    assert told == [f"waiting for ada ({second} s) and 1 more" for second in seconds]


def test_on_a_terminal_it_is_kept_up_to_date(clock):
    """After the first seconds, each second."""
    told, _ = lines_of(clock, rarely=False)

    assert (told[0], told[-1]) == ("waiting for ada (7 s) and 1 more", "waiting for ada (602 s) and 1 more")
    assert len(told) == 596


def test_what_is_finished_ends_the_wait(clock):
    """The line goes, and patience begins anew."""
    told, shown = lines_of(clock, rarely=False)
    told.clear()
    shown(None)
    clock(4)
    shown.waits([("bob", 4.0)])
    clock(1)
    shown.waits([("bob", 5.0)])

    assert told == ["", "waiting for bob (5 s)"]


def test_where_all_take_long_a_log_says_nothing_of_it(clock):
    """A notebook of ten seconds is no news where each takes ten; one of forty is."""
    told = []
    shown = Progress(lambda *_: None, told.append, rarely=True)
    for _ in range(20):
        for second in range(1, 11):
            clock(1)
            shown.waits([("ada", float(second))])
        shown(None)
    assert set(told) - {""} == {"waiting for ada (5 s)", "waiting for ada (10 s)"}  # of the first alone
    told.clear()
    for second in range(1, 60):
        clock(1)
        shown.waits([("eve", float(second))])

    assert told == ["waiting for eve (40 s)"]


def test_nobody_is_waited_for_where_nobody_is_at_work(clock):
    """Work that was given to no thread yet has no name to show."""
    told = []
    shown = Progress(lambda *_: None, told.append, rarely=True)
    clock(60)
    shown.waits([])

    assert told == []


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "log"])
def test_where_it_is_shown(clock, terminal):
    """A name is text, whatever it looks like."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=160)
    with screen.progress(console, 4, "graded") as shown:
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

    done = dict(executors.in_threads(2, do, items(), tell, weak=True))

    assert told[0] == ["s0", "s1"]
    assert all(done[number].result() for number in range(2))


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
