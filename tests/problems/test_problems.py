"""Trust: of every problem in solutions/, what is right has full marks and every known mistake gets what it must.

A change of a check that lets a mistake pass, or fails what is right, fails here, with the specimen's name.
"""

from __future__ import annotations

import pytest
from handed_in import graded
from specimens import PROBLEMS, Official, assert_full_marks, assert_its_due, by_problem, by_specimen

from autograder import codes
from autograder.cli.sample import write_sample_class
from autograder.expected import Answers, by_draw
from autograder.gradebook.grading import Grader
from autograder.grading import grade
from autograder.seed import Seed
from autograder.submissions.reading import find_class

CONTRACT = {
    "svm/soft_margin_svm": 7,
    "svm/cvxopt_svm": 10,
    "networks/two_layer_net": 14,
    "networks/attention": 15,
}


@pytest.fixture(scope="module")
def judge(sandbox):
    """The official run."""
    return Official(sandbox)


def test_the_contract_is_kept():
    """The problems are there, with their points; real submissions are written against them."""
    assert CONTRACT.items() <= {problem.id: problem.points for problem in PROBLEMS.values()}.items()


@by_problem
def test_the_reference_has_full_marks_on_any_seed(problem, sandbox):
    """Whatever is drawn, the solution is one."""
    for seed in map(Seed.numbered, range(20)):
        seen = sandbox.observe(problem, problem.reference, seed)
        report = grade(lambda *_, seen=seen: seen, problem, problem.reference, Answers(by_draw(seen)), seed)

        assert [(one.check, one.message) for one in report.checks if one.code] == [], f"on {seed}"


@by_specimen("accept")
def test_what_is_right_has_full_marks(problem, specimen, judge):
    """Other formulas, orders, shapes and dtypes that the text allows cost nothing."""
    assert_full_marks(judge, problem, specimen)


@by_specimen("reject")
def test_a_mistake_gets_its_codes_and_its_hint(problem, specimen, judge):
    """It fails exactly the checks it says it fails, and is taken for no other."""
    assert_its_due(judge, problem, specimen)


@by_problem
def test_every_check_catches_a_mistake(problem):
    """A check that no known mistake fails may be one that nothing fails."""
    caught = {name for specimen in problem.specimens("reject") for name in specimen.caught}

    assert [check.name for check in problem.checks if check.name not in caught] == []


@by_problem
def test_there_are_specimens_enough(problem):
    """At least three that are right in another way, and twelve mistakes with words of their own."""
    assert len(problem.specimens("accept")) >= 3
    assert len({specimen.hint for specimen in problem.specimens("reject")}) >= 12


def test_every_code_a_student_can_get_is_in_the_sample_class(judge, tmp_path):
    """A newcomer sees each of them once: those of the known mistakes, and those of what befalls a file."""
    problems = tuple(PROBLEMS.values())
    write_sample_class(problems, tmp_path / "class")
    handed_in = find_class(tmp_path / "class")
    accidents = [one for one in handed_in if not one.student.startswith(("mistaken", "right-but-different"))]
    # What happens to a file is seen in one problem as in all.
    first = problems[0]
    grader = Grader((first,), {first.id: judge.answers(first.id)}, {first.id: first.seed}, {first.id: ""}, weak=True)
    seen = {code for problem in problems for one in problem.specimens("reject") for code in one.caught.values()}

    def note(report):
        seen.update(verdict.code for problem in report.problems for verdict in problem.checks)

    graded(grader, accidents, tmp_path / "out", note)

    assert len(handed_in) >= 24
    assert seen == codes.MEANINGS.keys() - codes.FAULTS_OF_OURS
