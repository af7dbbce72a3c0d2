"""Shipped answers are a file like any other: what is damaged is refused, and soon."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.expected import Answers, from_bytes, to_bytes
from autograder.wire import Observation

CONTENT = to_bytes(Answers({("one", 0): Observation("one", 0, "returned", {"x": np.ones(2)})}))


def test_answers_are_read_as_they_were_written():
    """The same bytes again."""
    assert to_bytes(from_bytes(CONTENT)) == CONTENT


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
