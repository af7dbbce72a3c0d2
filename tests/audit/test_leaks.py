"""No report gives away an expected number, or a line of the solution."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.audit.leaks import Secrets
from autograder.compare import differences
from autograder.report import ProblemReport, Verdict
from autograder.wire import Observation

VALUES = np.array([-0.73125, 12.53125, 1.5e-7, 3.0])


@pytest.fixture(scope="module")
def secrets(lines):
    """The small problem's lines, and four numbers."""
    return Secrets.of(lines, {("prediction", 0): Observation("prediction", 0, "returned", {"heights": VALUES})})


def told(secrets, message="", hint=None):
    """What a report with these words gives away."""
    verdict = Verdict("prediction", "It is right.", 53, 0, 2, message, hint)
    return list(secrets.told(ProblemReport.of("lines/line", (verdict,))))


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("expected 0.73125", id="whole"),
        pytest.param("expected -0.73125, or 0.7312", id="rounded"),
        pytest.param("expected 1.500e-07", id="small"),
        pytest.param("12.531, where 12.4 came back", id="among_others"),
    ],
)
def test_an_expected_number_is_found(secrets, message):
    """To whatever digits it is told, from four on."""
    (sentence,) = told(secrets, message)

    assert sentence.startswith("`prediction` tells the expected number")


def test_it_is_found_in_a_hint(secrets):
    """A hint is read as a message is."""
    assert told(secrets, hint="the first height is 12.53")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("by up to 0.73, and 0.731 times", id="few_digits"),
        pytest.param("by up to 0.7322", id="another"),
        pytest.param("3 of 12 entries, shape (12, 5)", id="counts"),
        pytest.param("version 12.53125.1 of x12.53125", id="no_number"),
        pytest.param("ValueError: no\n  line.py, line 3\n    x = 12.53125", id="own_line"),
    ],
)
def test_other_numbers_are_none(secrets, message):
    """Counts, sizes, differences to two digits, and what the student wrote."""
    assert told(secrets, message) == []


def test_a_line_of_the_solution_is_found(secrets):
    """In a hint, with whatever around it."""
    (sentence,) = told(secrets, hint="write `heights  = np.matmul(x, w)` there")

    assert "tells the solution's line `heights = np.matmul(x, w)`" in sentence


def test_a_student_s_own_frame_is_none(secrets):
    """What is right in a student's module is shown to the student who wrote it."""
    assert told(secrets, "ValueError: no\n  line.py, line 3\n    heights = np.matmul(x, w)") == []


@pytest.mark.parametrize("found", [0.0, 1e-9, -0.01])
def test_what_came_back_as_nothing_does_not_tell_what_is_right(lines, found):
    """What differs from 0 by 12.5 is 12.5."""
    (check, *_) = lines.checks
    (finding,) = differences({"heights": np.array(found)}, {"heights": np.array(12.5)}, check)

    assert finding.message.startswith(f"`heights`: it differs: yours is {'too close to ' * bool(found)}0; ")
