"""A student's own check says what the official run says: the same specimens as there, on the public seed.

What it is judged by here is what was released: the starters and answers in assignments/, as students have them.
"""

from __future__ import annotations

import messages
import pytest
from specimens import (
    AtHome,
    assert_full_marks,
    assert_its_due,
    assert_nothing_is_written,
    by_problem,
    by_specimen,
    released,
)

from autograder.course.assignments import read_assignment


@pytest.fixture(scope="module")
def judge(sandbox):
    """A student's own check."""
    return AtHome(sandbox)


@by_problem
def test_the_starter_gets_40_everywhere(problem, judge):
    """Every check waits for something to be written, and nothing else is wrong with what students get."""
    report = assert_nothing_is_written(judge, problem)

    told = messages.section("the starter", "What is handed out.", report)
    assert messages.steady(told) == messages.steady(messages.sections(problem)["the starter"]), "say `make messages`"


@by_specimen("accept")
def test_what_is_right_has_full_marks(problem, specimen, judge):
    """Nobody is sent looking for a mistake that isn't there."""
    assert_full_marks(judge, problem, specimen)


@by_specimen("reject")
def test_a_mistake_gets_its_codes_and_its_hint(problem, specimen, judge):
    """The codes are those of the official run, and so is the hint; the words are those on the page for reviewers."""
    report = assert_its_due(judge, problem, specimen)

    told = messages.section(specimen.name, specimen.claim, report)
    assert messages.steady(told) == messages.steady(messages.sections(problem)[specimen.name]), "say `make messages`"


@by_problem
def test_the_page_for_reviewers_is_whole(problem):
    """It has the starter and every mistake, and nothing else."""
    asked = ["the starter", *(specimen.name for specimen in problem.specimens("reject"))]

    assert list(messages.sections(problem)) == asked


@by_problem
def test_the_released_checks_are_those_of_the_course(problem):
    """Names, points, draws and limits are the same, and the key is not there."""
    home = released(problem)
    there = read_assignment(home / "checks", home.name, home / "data").problems
    (twin,) = (one for one in there if one.name == problem.name)

    assert [(one.name, one.points, one.draws, one.expect) for one in twin.checks] == [
        (one.name, one.points, one.draws, one.expect) for one in problem.checks
    ]
    assert (twin.id, twin.limits, twin.allowed_imports) == (problem.id, problem.limits, problem.allowed_imports)
    assert twin.official is None
