"""A wrong answer that is a known mistake's gets that mistake's hint, and no other answer gets one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograder.answers import Answers, Mistake, by_draw
from autograder.diagnose import hints
from autograder.wire import Failure, Frame, Observation

WRONG = np.array([0.5, -2.0, 7.25])


@pytest.fixture
def checks(lines):
    """The small course's checks, of three draws, one and two."""
    return lines.checks


def seen(check, draws, value=WRONG, **fields):
    """What is observed on each draw of a check: one value, another on each."""
    if not isinstance(value, str):
        return [Observation(check, draw, "returned", {"out": value + draw}, **fields) for draw in range(draws)]
    return [Observation(check, draw, "returned", {"out": value}, **fields) for draw in range(draws)]


def mistake(name, *observations):
    """A known mistake, whose hint is its name."""
    return Mistake(name, name, by_draw([one for several in observations for one in several]))


def given(checks, student, *mistakes, failed=("prediction",)):
    """The hints for what a student's module gave."""
    return hints(checks, failed, student, Answers({}, mistakes))


def test_the_same_arrays_are_the_same_mistake(checks):
    """Every draw agrees with the mistake's: it is the mistake."""
    assert given(checks, seen("prediction", 3), mistake("sign", seen("prediction", 3))) == {"prediction": "sign"}


def test_rounding_hides_no_mistake(checks):
    """The mistake made in another order of operations is the mistake."""
    student = seen("prediction", 3, WRONG * (1 + 1e-9))

    assert given(checks, student, mistake("sign", seen("prediction", 3))) == {"prediction": "sign"}


def test_a_passed_check_has_no_hint(checks):
    """Only failures are explained."""
    assert given(checks, seen("prediction", 3), mistake("sign", seen("prediction", 3)), failed=()) == {}


@pytest.mark.parametrize(
    "student",
    [
        pytest.param(seen("prediction", 3, -WRONG), id="values"),
        pytest.param([*seen("prediction", 2), *seen("prediction", 3, -WRONG)[2:]], id="one_draw"),
        pytest.param(seen("prediction", 3, WRONG[:, None]), id="shape"),
        pytest.param(seen("prediction", 3, WRONG[:1]), id="broadcastable_shape"),
        pytest.param(seen("prediction", 3, WRONG.astype(complex)), id="complex"),
        pytest.param(seen("prediction", 3, WRONG.astype(int)), id="int"),
        pytest.param(seen("prediction", 3, "None"), id="none"),
        pytest.param(seen("prediction", 3, changed=("`x` of `predict`",)), id="changed_input"),
        pytest.param([replace(one, values={"other": WRONG}) for one in seen("prediction", 3)], id="names"),
        pytest.param([replace(one, values={}) for one in seen("prediction", 3)], id="nothing"),
        pytest.param([Observation("prediction", 0, "died")], id="died"),
        pytest.param([], id="not_run"),
    ],
)
def test_what_is_not_the_same_is_not_the_mistake(checks, student):
    """Other values, kinds, shapes or ends are somebody's own mistake."""
    assert given(checks, student, mistake("sign", seen("prediction", 3))) == {}


def test_a_mistake_is_known_by_what_it_returns_instead_of_an_array(checks):
    """A forgotten return is a mistake like another."""
    nothing = seen("prediction", 3, "None")

    assert given(checks, nothing, mistake("no return", nothing)) == {"prediction": "no return"}


def misfit(kind="ValueError", message="too many values to unpack (expected 2)", line=7, text="out, cache = f(x)"):
    """A probe's line that could not use what came back."""
    frame = Frame("checks.py", line, "prediction", text)
    return [Observation("prediction", 0, "misfit", failure=Failure(kind, message, (frame,)))]


def test_a_mistake_is_known_by_the_line_that_could_not_use_it(checks):
    """Three values for two are the same mistake, on whatever line the released page has it."""
    assert given(checks, misfit(line=8), mistake("too many", misfit())) == {"prediction": "too many"}


@pytest.mark.parametrize(
    "student",
    [
        pytest.param(misfit(kind="TypeError"), id="kind"),
        pytest.param(misfit(message="not enough values to unpack (expected 2, got 1)"), id="message"),
        pytest.param(misfit(text="out, cache = g(x)"), id="line"),
        pytest.param([replace(misfit()[0], ending="raised")], id="raised"),
    ],
)
def test_another_misfit_is_another_mistake(checks, student):
    """Both the exception and the line must be the same."""
    assert given(checks, student, mistake("too many", misfit())) == {}


def test_two_crashes_are_not_alike(checks):
    """A crash has its own traceback, which says more than any hint."""
    crash = [Observation("prediction", 0, "raised")]

    assert given(checks, crash, mistake("crash", crash)) == {}


def test_a_mistake_that_was_not_seen_in_a_check_is_not_made_there(checks):
    """What a mistake gives in one check says nothing of another."""
    student = [*seen("prediction", 3), *seen("fitted", 2)]
    known = mistake("sign", seen("prediction", 3))

    assert given(checks, student, known, failed=("prediction", "fitted")) == {"prediction": "sign"}


def test_of_two_mistakes_the_one_that_explains_more_is_named(checks):
    """Where both give the same arrays the one that is behind the other failures too is the likelier."""
    small = mistake("small", seen("prediction", 3))
    large = mistake("large", seen("prediction", 3), seen("fitted", 2))
    student = [*seen("prediction", 3), *seen("fitted", 2)]

    for known in ((small, large), (large, small)):
        assert given(checks, student, *known, failed=("prediction", "fitted")) == {
            "prediction": "large",
            "fitted": "large",
        }


def test_a_mistake_that_would_fail_more_than_failed_is_less_likely(checks):
    """Where a check passes that the mistake fails, it is another mistake."""
    small = mistake("small", seen("prediction", 3))
    large = mistake("large", seen("prediction", 3), seen("fitted", 2))

    for known in ((small, large), (large, small)):
        assert given(checks, seen("prediction", 3), *known) == {"prediction": "small"}
