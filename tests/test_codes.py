"""The table of codes is whole, and of several codes one stands for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.codes import FAULTS_OF_OURS, MEANINGS, PRECEDENCE, Code, most_severe


def test_every_failure_has_one_place_in_the_precedence():
    """Each code but success stands in PRECEDENCE exactly once."""
    assert sorted(PRECEDENCE) == sorted(MEANINGS.keys() - {Code.SUCCESS})


def test_every_code_is_explained():
    """`autograder codes` explains every code that can be reported, in the order of the numbers."""
    assert list(MEANINGS) == sorted(Code)


@pytest.mark.parametrize("told", MEANINGS.values(), ids=lambda told: told.name)
def test_every_code_says_what_it_means_and_what_to_try(told):
    """The meaning and the advice are sentences."""
    assert told.name
    assert told.meaning.endswith(".")
    assert told.advice.endswith(".")


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([0, 0], 0, id="all_passed"),
        pytest.param([0, 53, 0], 53, id="one_failed"),
        pytest.param([53, 52, 51], 52, id="shape_hides_dtype_and_values"),
        pytest.param([53, 51], 51, id="dtype_before_values"),
        pytest.param([53, 55], 55, id="changed_input_before_values"),
        pytest.param([53, 54], 54, id="off_by_one_is_the_more_telling"),
        pytest.param([60, 62, 63], 62, id="training_before_held_out_before_performance"),
        pytest.param([2, 40], 40, id="unwritten_before_raised"),
        pytest.param([2, 1], 1, id="died_before_raised"),
        pytest.param([40, 5, 4, 3], 3, id="ours_before_theirs"),
    ],
)
def test_the_most_severe_of_several_codes(several, expected):
    """The first in the order of precedence stands for all, in whatever order they were found."""
    assert most_severe(several) == expected
    assert most_severe(reversed(several)) == expected


def test_faults_of_ours_come_before_any_of_the_students():
    """What we can't judge is never shown as a student's failure."""
    assert set(PRECEDENCE[: len(FAULTS_OF_OURS)]) == FAULTS_OF_OURS


def test_the_page_for_authors_has_every_name():
    """A predicate that gives something else is sent there."""
    text = (Path(__file__).parent.parent / "docs" / "results.md").read_text(encoding="utf-8")

    assert [code.name for code in Code if f"{code.name} {code.value}" not in text] == []
