"""A check that the official run alone makes is shown at home as what is judged later, and as no failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from small_course import LARGE_ONES, REFERENCE, REJECT, add_table, laid_over, write_course

from autograder.cli.main import main
from autograder.course.assignments import read_course
from autograder.expected import observe_answers
from autograder.grading import grade
from autograder.release.files import release, write
from autograder.student.check import check, check_again, find

SAID = "handed in, judged later: the official run alone makes this check"


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """The small course's, with a check whose right answer is always the same."""
    return read_course(add_table(write_course(tmp_path_factory.mktemp("staff") / "course")))[0].problems[0]


@pytest.fixture(scope="module")
def files(problem, sandbox):
    """Its release."""
    (assignment,) = read_course(problem.folder.parents[2])
    return release(sandbox.observe, assignment, Path("nowhere"))


@pytest.fixture
def home(files, tmp_path, monkeypatch):
    """A student's folder, which is the working directory."""
    home = tmp_path / "lines"
    write(files, home)
    monkeypatch.chdir(home)
    return home


@pytest.fixture(scope="module")
def official(problem, sandbox):
    """The official verdicts on a module."""
    answers = observe_answers(sandbox.observe, problem, problem.seed)
    return lambda module: grade(sandbox.observe, problem, module, answers, problem.seed)


MODULES = {"right": "", "wrong_there_alone": LARGE_ONES, "wrong_there_too": REJECT["root_not_taken"]}


@pytest.mark.parametrize(
    ("name", "codes", "score"),
    [
        pytest.param("right", {}, 7, id="right"),
        pytest.param("wrong_there_alone", {}, 7, id="wrong_there_alone"),
        pytest.param("wrong_there_too", {"rooted": 60}, 6, id="wrong_there_too"),
    ],
)
def test_no_point_is_lost_or_earned_at_home(home, problem, official, name, codes, score):
    """Home judges all else as the official run does, whatever the module gives in the one that is judged later."""
    module = laid_over(problem, MODULES[name])
    (home / "line.py").write_bytes(module.files["line.py"])

    report = check("line").report
    judged = official(module)

    assert (report.score, report.max_score) == (score, 7)
    assert {one.check: one.code for one in report.checks if one.code} == codes
    assert report.code == max(codes.values(), default=0)
    *others, later = report.checks
    assert told(others) == told(judged.checks[:-1])
    assert (later.check, later.code, later.points, later.max_points, later.message, later.hint) == (
        "table",
        0,
        0.0,
        1.0,
        SAID,
        None,
    )
    assert judged.max_score == 8
    assert judged.checks[-1].code == (0 if name == "right" else 53)


def told(verdicts):
    """The texts of verdicts, but for the numbers of their inputs."""
    return [(one.check, one.code, one.points, one.hint) for one in verdicts]


def test_it_is_said_in_words(home):
    """In text and in a notebook's table: not judged, no points of so many, more to come."""
    (home / "line.py").write_text(REFERENCE)
    found = check("line")

    lines = str(found).splitlines()
    assert lines[:2] == ["lines/line  7/7, 1 more judged later", "─" * 36]
    assert lines[-2:] == ["– –/1  table: `root` is right for the first squares.", f"        {SAID}"]
    html = found._repr_html_()
    assert "lines/line: 7 of 7 points, 1 more judged later" in html
    assert "not judged" in html
    assert SAID in html
    assert ">–/1<" in html
    assert "code 0" not in html


def test_it_can_be_asked_for_alone(home):
    """And says the same: nothing was run."""
    (home / "line.py").write_text("raise SystemExit")
    found = check("line", "table")

    assert found.code == 0
    lines = str(found).splitlines()
    assert lines.pop(2).startswith("line.py, saved ")
    assert lines == [
        "lines/line  0/0, 1 more judged later",
        "─" * 36,
        "– –/1  table: `root` is right for the first squares.",
        f"        {SAID}",
    ]


def test_what_is_true_of_the_whole_file_is_said_once(home):
    """Above the checks that were made; and the other waits all the same."""
    (home / "line.py").write_text("1 / 0")

    text = str(check("line"))

    assert text.count("code 2, unhandled exception") == 1
    assert text.count(SAID) == 1
    assert text.startswith("lines/line  0/7, 1 more judged later\n")


@pytest.mark.parametrize("warm", [True, False])
def test_so_it_is_when_a_module_is_saved(home, warm):
    """However runs are started."""
    (home / "line.py").write_text(REFERENCE)

    ((checked,),) = check_again([(find(home, "line"), home)], [], warm=warm)
    report = checked.report

    assert (report.code, report.score, [one.later for one in report.checks]) == (0, 7, [False, False, False, True])


class TestCommands:
    """In a terminal."""

    def test_the_status_is_that_of_what_was_judged(self, home):
        """0 where all of that is right."""
        (home / "line.py").write_text(REFERENCE)

        outcome = CliRunner().invoke(main, ["check", "line.py"])

        assert outcome.exit_code == 0
        assert "lines/line  7/7, 1 more judged later\n" in outcome.output

    def test_pack_has_nothing_to_warn_of(self, home):
        """It says what is to come."""
        (home / "line.py").write_text(REFERENCE)

        outcome = CliRunner().invoke(main, ["pack"])

        assert outcome.exit_code == 0
        assert "lines/line: 7 of 7 points in your own check, 1 more judged later\n" in outcome.output
        assert "warning: line.py" not in outcome.output


def test_a_problem_may_be_judged_officially_only(tmp_path, monkeypatch, sandbox):
    """Then nothing is run at home, and nothing of it is handed out."""
    course = write_course(tmp_path / "course")
    page = course / "solutions/lines/line/checks.py"
    page.write_text(page.read_text().replace("@check(", "@check(at_home=False, "))
    (assignment,) = read_course(course)
    write(release(sandbox.observe, assignment, Path("nowhere")), tmp_path / "lines")
    monkeypatch.chdir(tmp_path / "lines")

    report = check("line").report

    assert (report.code, report.score, report.max_score) == (0, 0, 0)
    assert all(one.later for one in report.checks)
    assert (tmp_path / "lines/checks/line/answers.bin").read_bytes().count(b"\n") == 1
