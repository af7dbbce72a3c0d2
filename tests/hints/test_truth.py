"""Every hint is obeyed by machine: what it explains becomes right, and nothing that is right becomes wrong."""

from __future__ import annotations

from functools import cache

import pytest
from measure import judged, mistakes_of
from specimens import PROBLEMS, by_problem

from autograder.expected import observe_answers

# Of the mutants, one in so many is tried here; the slow test tries all.
SAMPLE = 20


@pytest.fixture(scope="module")
def lies(sandbox):
    """A function that lists what is false in the hints about a module."""

    @cache
    def answers(problem_id):
        return observe_answers(sandbox.observe, PROBLEMS[problem_id], PROBLEMS[problem_id].seed)

    def found(problem, text):
        return judged(sandbox, problem, answers(problem.id), text)[1]

    return found


def of(problem, source):
    """The mistakes from a source, by name."""
    return {name: text for origin, name, text in mistakes_of(problem) if origin == source}


@by_problem
def test_a_specimen_is_told_truly(problem, lies):
    """By its own hint, or by whatever else is true of it."""
    told = {name: lies(problem, text) for name, text in of(problem, "specimens").items()}

    assert told == {name: [] for name in told}


@by_problem
def test_a_new_mistake_is_told_truly(problem, lies):
    """Those that no specimen was written for."""
    told = {name: lies(problem, text) for name, text in of(problem, "new mistakes").items()}

    assert told == {name: [] for name in told}


@by_problem
@pytest.mark.parametrize("step", [SAMPLE, pytest.param(1, marks=pytest.mark.slow)])
def test_a_mutant_is_told_truly(problem, lies, step):
    """Of a sample, and of all."""
    told = {name: lies(problem, text) for name, text in [*of(problem, "mutants").items()][::step]}

    assert told == {name: [] for name in told}
