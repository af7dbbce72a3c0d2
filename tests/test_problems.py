"""Trust: of every problem in solutions/, what is right has full marks and every known mistake gets what it must.

A change of a check that lets a mistake pass, or fails what is right, fails here, with the specimen's name.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from autograder import codes
from autograder.answers import ANSWERS_FILE, MAX_MISTAKE_BYTES, Answers, by_draw, from_file, observe_answers
from autograder.grade import grade
from autograder.gradebook import Grader, grade_class
from autograder.problem import PUBLIC_SEED, read_course
from autograder.sample import write_sample_class
from autograder.submissions import find_class
from autograder.wire import encode

HOME = Path(__file__).resolve().parent.parent
PROBLEMS = {problem.id: problem for assignment in read_course(HOME) for problem in assignment.problems}
CONTRACT = {
    "svm/soft_margin_svm": 7,
    "svm/cvxopt_svm": 10,
    "networks/two_layer_net": 14,
    "networks/attention": 15,
}

# A crash tells more than a hint could, and has no arrays to know a mistake by.
WITHOUT_HINT = {codes.DIED, codes.RAISED, codes.MISSING}

by_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())


def by_specimen(kind):
    """A test for each specimen of a kind, of every problem, on the public seed and on the hidden one."""
    return pytest.mark.parametrize(
        ("problem", "specimen", "seed"),
        [
            pytest.param(problem, specimen, seed, id=f"{problem.id}-{specimen.name}-{seed}")
            for problem in PROBLEMS.values()
            for seed in ("public", "hidden")
            for specimen in problem.specimens(kind)
        ],
    )


@pytest.fixture(scope="module")
def judge(sandbox):
    """The codes and hints of a module's text: on the hidden seed, or on the public one with the released answers."""

    @cache
    def answers(problem_id, seed):
        problem = PROBLEMS[problem_id]
        if seed == "public":
            return from_file(released(problem) / "checks" / problem.name / ANSWERS_FILE)
        return observe_answers(sandbox.observe, problem, problem.seed)

    def judged(problem, source, seed):
        on = {"public": PUBLIC_SEED, "hidden": problem.seed}[seed]
        report = grade(sandbox.observe, problem, problem.implementation(source), answers(problem.id, seed), on)
        failed = {one.check: one for one in report.checks if one.code}
        return report, failed

    judged.answers = answers
    return judged


def released(problem):
    """The folder that students get."""
    return HOME / "assignments" / problem.assignment


@pytest.fixture(scope="module")
def knowable(sandbox):
    """Whether a mistake can be known by what it gives: not if that is drawn anew each time, or too much to hand out."""

    def known(problem, specimen, seed):
        on = {"public": PUBLIC_SEED, "hidden": problem.seed}[seed]
        checks = [check for check in problem.checks if check.name in specimen.caught]
        implementation = problem.implementation(specimen.source)
        one, other = (
            [encode(replace(seen, output="")) for seen in sandbox.observe(problem, implementation, on, checks)]
            for _ in range(2)
        )
        return one == other and max(map(len, one)) <= MAX_MISTAKE_BYTES

    return known


def said(failed):
    """What to read when a specimen gets what it mustn't."""
    return "\n".join(f"{one.check} {one.code}: {one.message}" for one in failed.values())


def test_the_contract_is_kept():
    """The problems are there, with their points; real submissions are written against them."""
    assert CONTRACT.items() <= {problem.id: problem.points for problem in PROBLEMS.values()}.items()


@by_problem
def test_the_reference_has_full_marks_on_any_seed(problem, sandbox):
    """Whatever is drawn, the solution is one."""
    for seed in range(20):
        seen = sandbox.observe(problem, problem.reference, seed)
        report = grade(lambda *_, seen=seen: seen, problem, problem.reference, Answers(by_draw(seen)), seed)

        assert [(one.check, one.message) for one in report.checks if one.code] == [], f"on seed {seed}"


@by_problem
@pytest.mark.parametrize("seed", ["public", "hidden"])
def test_the_released_starter_gets_40_everywhere(problem, judge, seed):
    """Every check waits for something to be written, and nothing else is wrong with what students get."""
    source = (released(problem) / problem.module_file).read_text(encoding="utf-8")

    report, _ = judge(problem, source, seed)

    assert {one.check: one.code for one in report.checks} == dict.fromkeys(
        [check.name for check in problem.checks], codes.MISSING
    )


@by_specimen("accept")
def test_what_is_right_has_full_marks(problem, specimen, seed, judge):
    """Other formulas, orders, shapes and dtypes that the text allows cost nothing."""
    report, failed = judge(problem, specimen.source, seed)

    assert not failed, f"{specimen.claim}\n{said(failed)}"
    assert report.score == problem.points


@by_specimen("reject")
def test_a_mistake_gets_its_codes_and_its_hint(problem, specimen, seed, judge, knowable):
    """It fails the checks it names, with the codes it names, and no other; and no other mistake's hint is read."""
    _, failed = judge(problem, specimen.source, seed)

    assert {name: one.code for name, one in failed.items()} == specimen.caught, f"{specimen.claim}\n{said(failed)}"
    assert {one.hint for one in failed.values()} <= {None, specimen.hint}
    if specimen.hint not in {one.hint for one in failed.values()}:
        crashed = WITHOUT_HINT.intersection(specimen.caught.values())
        assert crashed or not knowable(problem, specimen, seed), "its hint is read by nobody"


@by_problem
def test_every_check_catches_a_mistake(problem):
    """A check that no known mistake fails may be one that nothing fails."""
    caught = {name for specimen in problem.specimens("reject") for name in specimen.caught}

    assert [check.name for check in problem.checks if check.name not in caught] == []


@by_problem
def test_there_are_specimens_enough(problem):
    """At least three that are right in another way, and eight mistakes."""
    assert len(problem.specimens("accept")) >= 3
    assert len(problem.specimens("reject")) >= 8


def test_every_code_a_student_can_get_is_in_the_sample_class(judge, tmp_path):
    """A newcomer sees each of them once: those of the known mistakes, and those of what befalls a file."""
    problems = tuple(PROBLEMS.values())
    count = write_sample_class(problems, tmp_path / "class")
    handed_in = find_class(tmp_path / "class")
    accidents = [one for one in handed_in if not one.student.startswith(("mistaken", "right-but-different"))]
    # One problem is enough to see what happens to a file, and the quickest will do.
    first = problems[0]
    right = judge.answers(first.id, "hidden")
    grader = Grader((first,), {first.id: right}, {first.id: first.seed}, {first.id: ""}, weak=True)
    seen = {code for problem in problems for one in problem.specimens("reject") for code in one.caught.values()}

    def note(report):
        seen.update(verdict.code for problem in report.problems for verdict in problem.checks)

    grade_class(grader, accidents, tmp_path / "out", 1, note)

    assert count == len(handed_in)
    assert count >= 24
    assert seen == codes.CODES.keys() - codes.FAULTS_OF_OURS
