"""Every hint is obeyed by machine: what it explains becomes right, and nothing that is right becomes wrong."""

from __future__ import annotations

from functools import cache

import pytest
from mistakes import MISTAKES
from obey import Obeyed
from specimens import PROBLEMS, by_problem

from autograder.audit.mutants import mutants
from autograder.expected import observe_answers
from autograder.grading import grade

# Of the mutants, one in so many is tried here; the slow test tries all.
SAMPLE = 20


@pytest.fixture(scope="module")
def lies(sandbox):
    """A function that lists what is false in the hints about a module."""

    @cache
    def answers(problem_id):
        return observe_answers(sandbox.observe, PROBLEMS[problem_id], PROBLEMS[problem_id].seed)

    def found(problem, text):
        seen = []

        def observe(*asked):
            observations = sandbox.observe(*asked)
            seen.extend(() if seen else observations)
            return observations

        report = grade(observe, problem, problem.implementation(text), answers(problem.id), problem.seed)
        return [*Obeyed(problem, report, seen, answers(problem.id), text).lies()]

    return found


def reference(problem):
    """The text of a problem's reference."""
    return problem.reference.files[problem.module_file].decode()


@by_problem
def test_a_specimen_is_told_truly(problem, lies):
    """By its own hint, or by whatever else is true of it."""
    assert {each.name: lies(problem, each.source) for each in problem.specimens("reject")} == {
        each.name: [] for each in problem.specimens("reject")
    }


@by_problem
def test_a_new_mistake_is_told_truly(problem, lies):
    """Those that no specimen was written for."""
    told = {name: lies(problem, f"{reference(problem)}\n{text}") for name, text in MISTAKES[problem.id].items()}

    assert told == {name: [] for name in told}


@by_problem
@pytest.mark.parametrize("step", [SAMPLE, pytest.param(1, marks=pytest.mark.slow)])
def test_a_mutant_is_told_truly(problem, lies, step):
    """Of a sample, and of all."""
    tried = mutants(reference(problem), problem.module_file)[::step]
    told = {f"{each.operator}: {each.before} → {each.after}": lies(problem, each.source) for each in tried}

    assert told == {name: [] for name in told}
