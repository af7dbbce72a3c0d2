"""Every problem in solutions/ with its specimens, and what each of these must get on some seed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from autograder.audit.leaks import Secrets
from autograder.codes import Code
from autograder.course.assignments import read_course
from autograder.expected import ANSWERS_FILE, MAX_MISTAKE_BYTES, from_file, observe_answers
from autograder.grading import grade
from autograder.seed import Seed
from autograder.wire import encode

HOME = Path(__file__).resolve().parent.parent
PROBLEMS = {problem.id: problem for assignment in read_course(HOME) for problem in assignment.problems}
# Modules and notebooks: what specimens are laid over.
PARTS = {part.id: part for problem in PROBLEMS.values() for part in problem.parts}

# A crash tells more than a hint could, and has no arrays to know a mistake by.
WITHOUT_HINT = {Code.DIED, Code.RAISED, Code.MISSING}

by_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())


def by_specimen(kind):
    """A test for each specimen of a kind, of every problem."""
    return pytest.mark.parametrize(
        ("problem", "specimen"),
        [
            pytest.param(problem, specimen, id=f"{problem.id}-{specimen.name}")
            for problem in PARTS.values()
            for specimen in problem.specimens(kind)
        ],
    )


def released(problem):
    """The folder that students get."""
    return HOME / "assignments" / problem.assignment


class Official:
    """Grades as the official run does: on the assignment's key, beside what is right and known wrong there."""

    def __init__(self, sandbox):
        self.observe = sandbox.observe
        self.answers = cache(self.answers)

    def seed(self, problem):
        return problem.seed

    def answers(self, problem_id):
        problem = PARTS[problem_id]
        return observe_answers(self.observe, problem, problem.seed)

    def report(self, problem, source):
        implementation = problem.implementation(source)
        return grade(self.observe, problem, implementation, self.answers(problem.id), self.seed(problem))


class AtHome(Official):
    """Grades as a student's own check does: on the public seed, beside the answers that were released."""

    def seed(self, problem):
        return Seed.public()

    def answers(self, problem_id):
        problem = PARTS[problem_id]
        return from_file(released(problem) / "checks" / problem.folder.name / ANSWERS_FILE)


def assert_nothing_is_written(judge, problem):
    """The released starter gets 40 from every check; returns the report."""
    source = (released(problem) / problem.module_file).read_text(encoding="utf-8")

    report = judge.report(problem, source)

    assert {one.check: one.code for one in report.checks} == dict.fromkeys(
        [check.name for check in problem.checks], Code.MISSING
    )
    return report


def assert_full_marks(judge, problem, specimen):
    """What is right, in whatever way, loses nothing."""
    report = judge.report(problem, specimen.source)

    assert {one.check: one.message for one in report.checks if one.code} == {}, specimen.claim
    assert report.score == report.max_score


def assert_its_due(judge, problem, specimen):
    """A mistake fails the checks it names, with the codes it names, and no other; its own hint is read, and no secret.

    Returns the report.
    """
    report = judge.report(problem, specimen.source)
    failed = [one for one in report.checks if one.code]
    hints = {one.hint for one in failed}

    said = "\n".join(f"{one.check} {one.code}: {one.message}" for one in failed)
    assert {one.check: one.code for one in failed} == specimen.caught, f"{specimen.claim}\n{said}"
    # A relation, or what an exception means, may be told where the mistake can't be known by what it gives.
    assert hints.isdisjoint({each.hint for each in problem.specimens("reject")} - {specimen.hint})
    if specimen.hint not in hints:
        crashed = WITHOUT_HINT.intersection(specimen.caught.values())
        assert crashed or not _knowable(judge, problem, specimen), "its hint is read by nobody"
    assert list(secrets(problem.id, judge).told(report)) == []
    return report


@cache
def secrets(problem_id, judge):
    """What no report of a problem may show."""
    return Secrets.of(PARTS[problem_id], judge.answers(problem_id).reference)


def _knowable(judge, problem, specimen):
    """Whether a mistake can be known by what it gives: not if that is drawn anew each time, or too much to hand out."""
    checks = [check for check in problem.checks if check.name in specimen.caught]
    implementation = problem.implementation(specimen.source)
    one, other = (
        [
            encode(replace(seen, output=""))
            for seen in judge.observe(problem, implementation, judge.seed(problem), checks)
        ]
        for _ in range(2)
    )
    return one == other and max(map(len, one)) <= MAX_MISTAKE_BYTES
