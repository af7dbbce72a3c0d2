"""A check whose right answer is always the same is not handed out: it is the official run's alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_course import KEY, LARGE_ONES, add_table, write_course

from autograder.audit.specimens import audit
from autograder.course.assignments import read_course
from autograder.course.problem import CourseError
from autograder.expected import ANSWERS_FILE, from_bytes, observe_answers
from autograder.release.files import SEEDS, release, unvarying
from autograder.seed import Seed

HEAD = """
import numpy as np

from autograder.authoring import check


@check(points=7, {})
def only(line, rng):
    \"\"\"What is claimed.\"\"\"
"""


@pytest.fixture
def said(course, sandbox):
    """The complaint about a page with one check of this body, which others have seen on the public seed."""

    def of(body, marks="draws=1"):
        page = course / "solutions/lines/line/checks.py"
        page.write_text(HEAD.format(marks) + f"    {body}\n", encoding="utf-8")
        (page.parent / "expect.py").write_text("def a_root(found, reference, rng):\n    return []\n", encoding="utf-8")
        for path in page.parent.glob("[ar]*/*.py"):
            path.unlink()
        (assignment,) = read_course(course)
        (problem,) = assignment.problems
        asked = []

        def observe(problem, implementation, seed, checks):
            asked.append(seed)
            return sandbox.observe(problem, implementation, seed, checks)

        answers = observe_answers(observe, problem, Seed.public())
        return list(unvarying(observe, problem, answers.reference)), asked

    return of


@pytest.mark.parametrize(
    ("body", "marks"),
    [
        pytest.param('return {"n": 7}', "draws=1", id="count"),
        pytest.param('return {"n": line.root(49.0)}', "draws=3", id="count_on_several_draws"),
        pytest.param('return {"t": np.array([[0, 0], [0, 1]]) > 0}', "draws=2", id="truth_table"),
        pytest.param('return {"n": 7, "shape": np.zeros((3, 2)).shape, "b": np.zeros(2)}', "draws=1", id="several"),
        pytest.param('return {"n": line.root(rng.uniform(1, 2, size=4)).size}', "draws=1", id="size_of_what_is_drawn"),
        pytest.param(
            'x = rng.normal(); return {"one": x / x + 1e-12 * rng.normal()}', "draws=2", id="but_for_rounding"
        ),
        pytest.param('return {"x": line.root(4.0)}', 'draws=1, expect="a_root"', id="with_a_predicate"),
        pytest.param('return {"n": float("nan")}', "draws=1", id="nan"),
        pytest.param(
            'return {"w": rng.normal(size=3)}', 'draws=2, rtol=1e3, atol=1e3, because="wide"', id="any_passes"
        ),
        pytest.param("return {}", "draws=1", id="nothing"),
    ],
)
def test_an_answer_that_is_always_the_same_is_named(said, body, marks):
    """With the page, the check and what to do."""
    (sentence,), _ = said(body, marks)

    assert "solutions/lines/line/checks.py: the right answer of `only` is the same whatever is drawn" in sentence
    assert "at_home=False" in sentence


@pytest.mark.parametrize(
    ("body", "marks", "tried"),
    [
        pytest.param('return {"w": line.root(rng.uniform(1, 2, size=3))}', "draws=1", 1, id="values"),
        pytest.param('return {"w": line.root(rng.uniform(1, 2, size=3))}', "draws=2", 0, id="values_of_two_draws"),
        pytest.param('return {"b": np.zeros(2), "w": rng.normal(size=2)}', "draws=2", 0, id="one_of_two_values"),
        pytest.param('return {"b": np.zeros(rng.integers(9, 99))}', "draws=3", 0, id="shapes"),
        pytest.param('return {"t": np.array([rng.random() < 0.5])}', "draws=1", None, id="one_of_two_truths"),
        pytest.param('return {"n": 7}', "draws=1, at_home=False", 0, id="marked"),
        pytest.param("raise ValueError", "draws=1", 0, id="fails"),
    ],
)
def test_an_answer_that_varies_is_none(said, body, marks, tried):
    """On other seeds it is tried only as long as nothing differs."""
    sentences, (_, *others) = said(body, marks)

    assert sentences == []
    assert len(others) == tried or (tried is None and 0 < len(others) < SEEDS)
    assert others == [Seed.numbered(number) for number in range(len(others))]


class TestARelease:
    """The files handed out of a course with such a check."""

    @pytest.fixture
    def problem(self, course):
        """The course's, with the check marked."""
        return read_course(add_table(course))[0].problems[0]

    def released(self, course, sandbox):
        """The files, by name."""
        (assignment,) = read_course(course)
        return release(sandbox.observe, assignment, Path("nowhere"))

    def test_without_the_mark_there_is_none(self, course, sandbox):
        """It would be an oracle."""
        add_table(course, "points=1")

        with pytest.raises(CourseError, match="the right answer of `table` is the same"):
            self.released(course, sandbox)

    def test_without_the_mark_the_audit_says_so(self, course, sandbox):
        """Nothing but the mark helps; with it all holds."""
        problem = read_course(add_table(course, "points=1"))[0].problems[0]
        answers = observe_answers(sandbox.observe, problem, problem.seed)

        (sentence,) = audit(sandbox.observe, problem, answers, problem.seed)

        assert "the right answer of `table` is the same" in sentence

    def test_with_the_mark_the_audit_has_nothing_to_say(self, problem, sandbox):
        """The official run makes the check as every other."""
        answers = observe_answers(sandbox.observe, problem, problem.seed)

        assert list(audit(sandbox.observe, problem, answers, problem.seed)) == []
        assert ("table", 2) in answers.reference

    def test_with_the_mark_nothing_of_it_is_handed_out(self, problem, course, sandbox):
        """Neither the reference's observation, nor a mistake's, nor the hint that is known by it alone."""
        files = self.released(course, sandbox)
        answers = from_bytes(files[f"checks/line/{ANSWERS_FILE}"])

        assert {check for check, _ in answers.reference} == {"prediction", "rooted", "fitted"}
        assert {check for one in answers.mistakes for check, _ in one.seen} <= {"prediction", "rooted", "fitted"}
        assert "large_ones" not in {one.name for one in answers.mistakes}
        assert "root_not_taken" in {one.name for one in answers.mistakes}
        hint = LARGE_ONES.partition("Hint: ")[2].partition("\n")[0].encode()
        assert not any(hint in content or KEY.encode() in content for content in files.values())
        assert b"table" not in files[f"checks/line/{ANSWERS_FILE}"]

    def test_what_students_had_before_stays(self, course, sandbox, tmp_path):
        """Such a check more is no other answer of the others."""
        before, after = (self.released(one, sandbox) for one in (write_course(tmp_path / "before"), add_table(course)))

        assert before[f"checks/line/{ANSWERS_FILE}"] == after[f"checks/line/{ANSWERS_FILE}"]
