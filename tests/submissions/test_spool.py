"""A spool keeps files on disk: what is only asked about is not read."""

from __future__ import annotations

import pytest

from autograder.submissions.reading import PART_BYTES, Spool, Spooled, content_of, digest_of


@pytest.fixture
def spool():
    found = Spool()
    found.add("large.ipynb", [bytes(PART_BYTES), b"end"])
    found.add("line.py", [b"x = 1\n"])
    return found


def test_a_file_is_what_was_added(spool):
    """Whole, and part by part."""
    assert spool["line.py"] == b"x = 1\n"
    assert [*content_of(spool, "large.ipynb").parts()] == [bytes(PART_BYTES), b"end"]


def test_nothing_is_read_to_tell_what_is_there(spool, monkeypatch):
    """Names, sizes and digests are known; a file of 50 MiB is not loaded to be looked for."""
    monkeypatch.setattr(Spooled, "parts", lambda *_: pytest.fail("it was read"))

    assert "large.ipynb" in spool
    assert "other.py" not in spool
    assert spool.keys() >= {"line.py", "large.ipynb"}
    assert len(content_of(spool, "large.ipynb")) == PART_BYTES + 3
    assert len(digest_of(spool, "large.ipynb")) == 64
