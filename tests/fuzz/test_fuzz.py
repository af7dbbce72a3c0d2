"""Inputs that fuzzers have found are read again: every one that got furthest, through everything that reads it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("jupytext")
sys.path.insert(0, str(Path(__file__).resolve().parent))
import answers
import archives
import notebooks
import outputs
from harness import seeds

FUZZERS = {module.__name__: module.try_one for module in (archives, notebooks, outputs, answers)}
INPUTS = [
    pytest.param(name, path, id=f"{name}-{path.name.removeprefix('crash-')[:12]}")
    for name in FUZZERS
    for path in seeds(name)
]


@pytest.mark.parametrize(("name", "path"), INPUTS)
def test_what_a_fuzzer_found(name, path):
    """It ends as a fuzzer asks of all inputs."""
    FUZZERS[name](path.read_bytes())


def test_archives_were_read():
    """Some to their files, and most refused on the way."""
    found = [archives.try_one(path.read_bytes()) for path in seeds("archives")]

    assert sum(1 for one in found if one.files) > 5
    assert sum(1 for one in found if one.refused) > 10


def test_notebooks_were_read():
    """Some to the end, some refused as no notebook of this problem."""
    found = [notebooks.try_one(path.read_bytes()) for path in seeds("notebooks")]

    assert any(one.findings for one in found)
    assert any(one.refused for one in found)


def test_outputs_were_compared():
    """Some are stale, and some are not."""
    found = [outputs.try_one(path.read_bytes()).stale for path in seeds("outputs")]

    assert any(found)
    assert not all(found)


def test_what_readers_say_was_read():
    """All three kinds of it, and some of each is refused."""
    found = [answers.try_one(path.read_bytes()) for path in seeds("answers")]

    assert {type(one).__name__ for one in found} == {"Answers", "Submission", "ProblemReport", "NoneType"}


def test_an_input_is_small():
    """Kept inputs are read by people, too."""
    assert all(path.stat().st_size <= 2048 for name in FUZZERS for path in seeds(name))
    assert all(len(seeds(name)) <= 150 for name in FUZZERS)
