"""The benchmark: what it concludes of its figures, and that a run which was cut short goes on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import bench
import peers


def took(seconds, cpu_seconds=1.0):
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": 1, "points": 1.0}


@pytest.fixture
def rounds():
    """Three rounds, the second on a machine that was busy: everything took four times as long."""
    return [
        {
            "bare": {"cpu_seconds": 0.5},
            "ours_1": took(2.0 * busy),
            "ours_2": took(1.0 * busy),
            **{name: took(8.0 * busy, cpu_seconds=6.0) for name in peers.GRADERS},
        }
        for busy in (1, 4, 1)
    ]


def test_ratios_are_of_one_round(rounds):
    """What the machine does beside meets both sides of a ratio."""
    found = bench.summary(rounds)

    assert found["ratios"] == {"nbgrader": 8.0, "otter": 8.0, "unittest": 8.0, "pytest": 8.0}
    assert (found["bare"], found["cpu_ratios"]["nbgrader"]) == (2.0, 6.0)


def test_a_part_is_measured_once(tmp_path):
    """A run that was cut short goes on where it was; another plan begins anew."""
    measured = []

    def measure():
        measured.append(1)
        return {"seconds": 1.5}

    for settings in ("a", "a", "b"):
        assert bench.Kept(tmp_path / "state.json", settings).part("one", measure) == {"seconds": 1.5}

    assert len(measured) == 2


def test_copies_are_told_apart(tmp_path):
    """Nothing is answered out of the store: a copy is a submission of its own."""
    for mark in ("1", "2"):
        bench.write(tmp_path / mark, {"line.py": b"x = 1"}, mark)

    assert (tmp_path / "1/line.py").read_bytes() != (tmp_path / "2/line.py").read_bytes()
