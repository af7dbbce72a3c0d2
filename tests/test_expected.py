"""Shipped answers are a file like any other: what is damaged is refused, and soon."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.expected import Answers, Mistake, from_bytes, to_bytes
from autograder.wire import Observation

CONTENT = to_bytes(Answers({("one", 0): Observation("one", 0, "returned", {"x": np.ones(2)})}))


def test_answers_are_read_as_they_were_written():
    """The same bytes again."""
    assert to_bytes(from_bytes(CONTENT)) == CONTENT


def test_a_mistake_is_read_with_what_it_is_worth():
    """Credit and reason are handed out with its hint, and take no room where there are none."""
    seen = {("one", 0): Observation("one", 0, "missing")}
    mistakes = (Mistake("a", "Look.", seen, {"one": 0.5}, "it leaves a half"), Mistake("b", "Look there.", seen))

    content = to_bytes(Answers({}, mistakes))

    assert from_bytes(content).mistakes == mistakes
    assert content.count(b"credit") == content.count(b"reason") == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CONTENT[:-3], id="cut_short"),
        pytest.param(CONTENT.replace(b'"count":1', b'"count":1000000000000000'), id="more_than_there_are"),
        pytest.param(CONTENT.replace(b'"count":1', b'"count":-1'), id="less_than_none"),
        pytest.param(b"", id="empty"),
    ],
)
def test_what_is_damaged_is_refused(content):
    """An announced value that does not come is not waited for."""
    with pytest.raises(ValueError):  # noqa: PT011  whatever is wrong with it
        from_bytes(content)
