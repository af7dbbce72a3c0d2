"""Doctor tries each promise: where a layer is missing that keeps it, the attempt succeeds."""

from __future__ import annotations

import os
import sys

import pytest

from autograder.audit import attempts
from autograder.audit.attempts import ATTEMPTS, Attempt, try_guarantees
from autograder.sandbox.confine import GUARANTEES, LAYERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are confined on Linux")

FILES = {"read a file outside", "list a folder outside", "write outside of its folder"}
CALLS = {"open a socket", "leave a process behind", "drop pages of a file that others read"}
OTHERS = {
    *("read another process's environment and memory", "connect to a server on this machine"),
    *("end another process", "trace another process", "run a program"),
}
RIGHTS = {"use a right of the user who grades"}
COSTS = {
    *("take more memory than the limit", "compute longer than the limit", "write a file larger than the limit"),
    *("start more threads than the limit", "open more files than the limit"),
}
# Without these layers, what succeeds. Files and other processes are kept by several, each on its own.
WITHOUT = {
    "nothing": ((), set()),
    "namespaces": (("namespaces",), set()),
    "landlock": (("landlock",), set()),
    "namespaces_and_landlock": (("namespaces", "landlock"), FILES),
    "seccomp": (("seccomp",), CALLS),
    "identity": (("identity",), RIGHTS),
    "limits": (("limits",), COSTS),
    "all": (LAYERS, FILES | CALLS | OTHERS | RIGHTS | COSTS),
}


@pytest.mark.parametrize(("missing", "succeeding"), WITHOUT.values(), ids=WITHOUT.keys())
def test_an_attempt_succeeds_where_nothing_is_in_its_way(missing, succeeding):
    """And nowhere else: what was set up and what happened say the same."""
    enforced, outcomes = try_guarantees([layer for layer in LAYERS if layer not in missing])
    if absent := [layer for layer in LAYERS if layer not in missing and layer not in enforced.held]:
        pytest.skip(f"this machine lacks another layer: {', '.join(absent)}")
    broken = {outcome.attempt.what: outcome.said for outcome in outcomes if not outcome.kept}
    # Root, without namespaces and without identity, keeps all its rights; an ordinary user has none to keep.
    expected = succeeding - RIGHTS if "namespaces" in missing and not is_root() else succeeding

    assert broken.keys() == expected, broken
    assert bool(broken) == bool(enforced.lacks)


def is_root():
    """True where these tests run as root."""
    return os.geteuid() == 0


def test_every_promise_is_tried():
    """And what is tried is named once."""
    assert {attempt.guarantee for attempt in ATTEMPTS} == {*GUARANTEES}
    assert len({attempt.what for attempt in ATTEMPTS}) == len(ATTEMPTS)


UNCLEAR = {
    "never_said": "os._exit(3)",
    "silent": "while True: time.sleep(1)",
    "raises_at_once": "raise SystemExit",
    "no_program": "return (",
}


@pytest.mark.parametrize("program", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_an_attempt_without_a_clear_end_is_no_proof(monkeypatch, program):
    """A promise that could not be tried is not kept."""
    monkeypatch.setattr(attempts, "ATTEMPTS", (Attempt(GUARANTEES[0], "do nothing", program, seconds=0.3),))

    _, (outcome,) = try_guarantees(())

    assert not outcome.kept
