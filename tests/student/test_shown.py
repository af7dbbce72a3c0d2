"""A check at home shows which file it is about, what the student's code printed, and how far it is."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_course import REFERENCE, write_course

from autograder.cli.main import main
from autograder.course.assignments import read_course
from autograder.release.files import release, write
from autograder.student.check import MOST_LINES, check, check_file, find, saved_when

PRINTS = """

def predict(x, w, b):
    print("x is", x.shape)
    return np.matmul(x, w) + b
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory, sandbox):
    """The release of the small course."""
    (assignment,) = read_course(write_course(tmp_path_factory.mktemp("staff") / "course"))
    return release(sandbox.observe, assignment, Path("nowhere"))


@pytest.fixture
def home(files, tmp_path, monkeypatch):
    """A student's folder, which is the working directory, with a right module."""
    write(files, tmp_path / "lines")
    monkeypatch.chdir(tmp_path / "lines")
    (tmp_path / "lines/line.py").write_text(REFERENCE)
    return tmp_path / "lines"


def test_prints_are_shown(home):
    """Those of the first draw, under the check whose calls printed."""
    (home / "line.py").write_text(f"{REFERENCE}{PRINTS}")
    checked = check("line")
    lines = str(checked).splitlines()
    at = lines.index("        your code printed:")

    assert lines[at - 1].startswith("✓ 2/2  prediction")
    assert lines[at + 1 : at + 3] == ["        | x is (5, 3)", "        | x is (1, 3)"]
    assert lines[at + 3].startswith("✓ 1/1  rooted")
    assert "your code printed:\nx is (5, 3)\nx is (1, 3)" in checked._repr_html_()


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        pytest.param("print(*range(100), sep='\\n')", "and 88 more lines", id="many_lines"),
        pytest.param("print('✓ 2/2  fitted', '\\x1b[2J')", "| \ufffd 2/2  fitted \ufffd[2J", id="like_ours"),
        pytest.param("import os; print(os.getcwd())", "| .", id="folder"),
    ],
)
def test_they_are_bounded_and_safe(home, printed, shown):
    """A thousand lines hide no verdict, and nothing printed looks like one."""
    (home / "line.py").write_text(f"{REFERENCE}\n\ndef root(a):\n    {printed}\n    return np.sqrt(a)\n")
    lines = str(check("line", "rooted")).splitlines()

    assert lines[-1].endswith(shown)
    assert len(lines) <= MOST_LINES + 7


def test_the_file_and_its_time_are_shown(home):
    """In the text, in the table, and on the command line."""
    said = r"line\.py, saved \d\d:\d\d:\d\d, \d+ seconds? ago"

    assert re.search(f"^{said}$", str(check("line", "rooted")), re.MULTILINE)
    assert re.search(said, check("line", "rooted")._repr_html_())
    assert re.search(f"^{said}$", CliRunner().invoke(main, ["check", "line.py"]).output, re.MULTILINE)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 seconds ago"),
        (1, "1 second ago"),
        (119, "1 minute ago"),
        (7200, "2 hours ago"),
        (200_000, "2 days ago"),
        (-5, "0 seconds ago"),
    ],
)
def test_an_age_is_said_in_one_unit(home, seconds, said):
    """The clock of another machine may be ahead."""
    saved = (home / "line.py").stat().st_mtime

    assert saved_when(home / "line.py", saved + seconds).endswith(f", {said}")


def test_a_missing_file_has_no_time(home):
    """Its checks say that it is missing."""
    (home / "line.py").unlink()

    assert check("line").saved == ""


@pytest.mark.parametrize("width", [40, 60, 80])
def test_lines_fit_a_narrow_terminal(home, width, monkeypatch):
    """As many columns as there are."""
    (home / "line.py").write_text(f"{REFERENCE}{PRINTS}\n\ndef root(a):\n    raise ValueError('wrong ' * 50)\n")
    monkeypatch.setenv("COLUMNS", str(width))
    output = CliRunner().invoke(main, ["check", "line.py"]).output

    assert max(map(len, output.splitlines())) <= width


def test_each_check_is_told_when_it_is_judged(home):
    """In their order, with what was found."""
    (home / "line.py").write_text(f"{REFERENCE}\n\ndef root(a):\n    return a\n")
    told = []

    check_file(
        find(home, "line"), home, judged=lambda check, found: told.append((check.name, [one.code for one in found]))
    )

    assert told == [("prediction", []), ("rooted", [60]), ("fitted", [])]


def test_a_terminal_shows_how_far_it_is(home):
    """A line for each check, once the work takes long; the verdict goes to standard output alone."""
    (home / "line.py").write_text(f"import time\n{REFERENCE}\n\ndef root(a):\n    time.sleep(1.5)\n    return a\n")
    screen, terminal = pty.openpty()
    with os.fdopen(terminal, "wb"):
        ended = subprocess.run(
            [sys.executable, "-m", "autograder", "check", "line.py"],
            stdout=subprocess.PIPE,
            stderr=terminal,
            check=False,
        )
    shown = os.read(screen, 10_000).decode().splitlines()
    os.close(screen)

    assert [line.partition(":")[0] for line in shown] == ["✓ prediction", "✗ rooted", "✓ fitted"]
    assert ended.stdout.decode().startswith("lines/line  6/7\n")
