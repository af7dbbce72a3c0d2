"""The heart, beside a sandbox that is a table: what follows from observations, and whose fault is whose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograder.authoring import generator
from autograder.codes import FAULTS_OF_OURS
from autograder.course.problem import Implementation
from autograder.expected import Answers, Mistake, by_draw
from autograder.grading import MAX_FINDINGS, grade, unjudged
from autograder.seed import Seed
from autograder.wire import Failure, Frame, Observation

SEED = Seed.numbered(5)
IMPLEMENTATION = Implementation({})  # the fake runs nothing


def returned(check, draw, **values):
    """An observation of a probe that came to its end."""
    return Observation(check, draw, "returned", {name: np.asarray(value) for name, value in values.items()})


@pytest.fixture
def problem(lines):
    """The small course's problem."""
    return lines


@pytest.fixture
def right(problem):
    """What the reference gives: round numbers, and a root of what the predicate draws."""
    roots = np.sqrt(problem.checks[0].probe.__globals__["positives"](generator(SEED.of_draw(problem.id, "rooted", 0))))
    return by_draw(
        [
            *(returned("prediction", draw, heights=np.arange(5.0) + draw, one_row=[2.5]) for draw in range(3)),
            returned("rooted", 0, x=roots),
            *(returned("fitted", draw, slope=0.5) for draw in range(2)),
        ]
    )


def judged_by(problem, predicate):
    """The problem with another predicate in `expect.py`."""
    return replace(problem, page=replace(problem.page, predicates={"a_root": predicate}))


def graded(problem, right, changes=(), checks=None, mistakes=()):
    """The verdicts by check where the student's module gives what the reference gives, but for some observations."""
    seen = {**right, **by_draw(list(changes))}
    asked = []

    def observe(problem, implementation, seed, chosen):
        asked.append((implementation, seed, chosen))
        return [one for one in seen.values() if one.check in {check.name for check in chosen}]

    report = grade(observe, problem, IMPLEMENTATION, Answers(right, tuple(mistakes)), SEED, checks)

    assert asked == [(IMPLEMENTATION, SEED, tuple(checks or problem.checks))]
    return report


def test_what_agrees_has_full_marks(problem, right):
    """Every check passes, in the order of the page, with its title and points and nothing to say."""
    report = graded(problem, right)

    assert (report.problem, report.code, report.score, report.max_score) == ("lines/line", 0, 7, 7)
    assert [(one.check, one.code, one.points, one.max_points) for one in report.checks] == [
        ("prediction", 0, 2, 2),
        ("rooted", 0, 1, 1),
        ("fitted", 0, 4, 4),
    ]
    assert all(one.message == "" and one.hint is None for one in report.checks)
    assert report.checks[1].title == "`root` returns any x with x² = a."


FRAMES = (Frame("line.py", 7, "predict", "return x @ w"), Frame("line.py", 3, "<module>", ""))


@pytest.mark.parametrize(
    ("ending", "failure", "code", "said"),
    [
        pytest.param("missing", Failure("", "line: `predict` is not written yet"), 40, "not written yet", id="missing"),
        pytest.param("missing", None, 40, "a function is not written yet", id="missing_without_a_word"),
        pytest.param("died", Failure("", "the process was ended by SIGSEGV"), 1, "SIGSEGV", id="died"),
        pytest.param("exhausted", Failure("", "asked for more memory"), 1, "asked for more memory", id="exhausted"),
        pytest.param(
            "raised",
            Failure("ValueError", "shapes differ", FRAMES),
            2,
            "ValueError: shapes differ\n  line.py, line 7, in predict\n    return x @ w\n  line.py, line 3",
            id="raised",
        ),
        pytest.param("raised", Failure("KeyError", ""), 2, "KeyError", id="raised_without_message"),
        pytest.param(
            "asserted",
            Failure("AssertionError", "n > 0", FRAMES),
            50,
            "an assertion in your code failed",
            id="asserted",
        ),
        pytest.param(
            "misfit",
            Failure("TypeError", "cannot unpack", (Frame("checks.py", 9, "prediction", "out, cache = f(x)"),)),
            50,
            "`out, cache = f(x)`: TypeError: cannot unpack",
            id="misfit",
        ),
        pytest.param("misfit", Failure("TypeError", "no"), 50, "TypeError: no", id="misfit_without_a_line"),
        pytest.param(
            "forbidden",
            Failure("Forbidden", "line.py, line 1, imports torch"),
            50,
            "line.py, line 1, imports torch; allowed are numpy and the standard library",
            id="forbidden",
        ),
        pytest.param("unstarted", Failure("", "no server"), 3, "no server", id="unstarted"),
        pytest.param("faulty", Failure("NameError", "np"), 4, "NameError: np", id="faulty"),
    ],
)
def test_how_a_run_ends_has_its_code_and_costs_one_check(problem, right, ending, failure, code, said):
    """One crash costs one check, and leaves it pending if the fault is ours; the message says what happened."""
    crash = Observation("prediction", 0, ending, failure=failure)
    right = {key: value for key, value in right.items() if key == ("prediction", 0) or key[0] != "prediction"}

    report = graded(problem, right, [crash])

    assert [one.code for one in report.checks] == [code, 0, 0]
    assert report.code == code
    assert (report.score, report.pending) == (5, 2 if code in FAULTS_OF_OURS else 0)
    assert said in report.checks[0].message


def test_all_draws_are_judged(problem, right):
    """A value that is wrong on the last draw alone is wrong."""
    report = graded(problem, right, [returned("prediction", 2, heights=np.zeros(5), one_row=[2.5])])

    assert [one.code for one in report.checks] == [53, 0, 0]


def test_a_fault_on_several_draws_is_told_once(problem, right):
    """The same finding about the same value on other inputs is no news."""
    wrong = [returned("prediction", draw, heights=np.zeros((5, 1)), one_row=[2.5]) for draw in range(3)]

    message = graded(problem, right, wrong).checks[0].message

    assert message == "`heights` has shape (5, 1); expected (5,)"


def test_all_findings_are_told_and_the_foremost_first(problem, right):
    """A changed input, a shape and a value of several draws stand in one verdict, whose code is the first of them."""
    wrong = [
        replace(returned("prediction", 0, heights=np.arange(5.0), one_row=[9.0]), changed=("`x` of `predict`",)),
        returned("prediction", 1, heights=np.zeros((5, 1)), one_row=[2.5]),
    ]

    verdict = graded(problem, right, wrong).checks[0]

    assert verdict.code == 52
    assert [line[:24] for line in verdict.message.splitlines()] == [
        "`heights` has shape (5, ",
        "`x` of `predict` was cha",
        "`one_row`: its only entr",
    ]


def test_many_findings_are_counted(problem, right):
    """Beyond a few there is a number instead."""
    names = [f"`{letter}` of `predict`" for letter in "abcdefghij"]
    wrong = replace(right["prediction", 0], changed=tuple(names))

    lines = graded(problem, right, [wrong]).checks[0].message.splitlines()

    assert len(lines) == MAX_FINDINGS + 1
    assert lines[-1] == "and 2 more"


def test_a_changed_input_is_found_though_all_values_are_right(problem, right):
    """55 needs no wrong value, and is told of a run that crashed as well."""
    changed = replace(right["fitted", 1], changed=("`x` of `fit`",))
    crashed = Observation("rooted", 0, "died", changed=("`a` of `root`",), failure=Failure("", "killed"))

    report = graded(problem, right, [changed, crashed])

    assert [one.code for one in report.checks] == [0, 1, 55]
    assert "`a` of `root` was changed" in report.checks[1].message
    assert report.checks[2].message == "`x` of `fit` was changed by a call; work on a copy"


class TestFaultsOfOurs:
    """A check that we can't judge is pending: it buys nothing, and costs nothing."""

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(None, id="not_observed"),
            pytest.param(Observation("fitted", 1, "raised", failure=Failure("KeyError", "x")), id="raised"),
            pytest.param(Observation("fitted", 1, "died"), id="died"),
        ],
    )
    def test_a_reference_without_a_result_is_4(self, problem, right, answer):
        """Where the reference failed nothing is compared, whatever the student's module gave."""
        student = {**right, ("fitted", 0): returned("fitted", 0, slope=99.0)}
        answers = {key: value for key, value in right.items() if key != ("fitted", 1)}
        if answer is not None:
            answers["fitted", 1] = answer

        report = grade(lambda *_: list(student.values()), problem, IMPLEMENTATION, Answers(answers), SEED)

        assert [one.code for one in report.checks] == [0, 0, 4]
        assert [(one.points, one.pending) for one in report.checks] == [(2, 0), (1, 0), (0, 4)]
        assert (report.score, report.pending, report.max_score) == (3, 4, 7)
        assert "the reference has no result" in report.checks[2].message

    @pytest.mark.parametrize("ending", ["raised", "died", "missing"])
    def test_a_reference_without_a_result_is_4_though_the_student_crashed(self, problem, right, ending):
        """Both crash on the same inputs: the inputs are to blame."""
        answers = {**right, ("rooted", 0): Observation("rooted", 0, "raised", failure=Failure("KeyError", "x"))}
        student = {**right, ("rooted", 0): Observation("rooted", 0, ending)}

        report = grade(lambda *_: list(student.values()), problem, IMPLEMENTATION, Answers(answers), SEED)

        assert [one.code for one in report.checks] == [0, 4, 0]

    def test_missing_draws_are_5(self, problem, right):
        """A check of which some draws were not run has not been passed, nor failed."""
        seen = [observation for key, observation in right.items() if key != ("fitted", 1)]

        report = grade(lambda *_: seen, problem, IMPLEMENTATION, Answers(right), SEED)

        assert [one.code for one in report.checks] == [0, 0, 5]
        assert (report.score, report.pending) == (3, 4)

    def test_a_check_that_was_not_run_is_5(self, problem, right):
        """The same of all draws."""
        report = grade(lambda *_: [], problem, IMPLEMENTATION, Answers(right), SEED)

        assert [one.code for one in report.checks] == [5, 5, 5]

    def test_a_failure_stands_though_draws_are_missing(self, problem, right):
        """What died in its first draw has failed; that the others were not tried changes nothing."""
        seen = [right["prediction", 0], Observation("prediction", 1, "died", failure=Failure("", "killed"))]

        report = grade(lambda *_: seen, problem, IMPLEMENTATION, Answers(right), SEED)

        assert [one.code for one in report.checks] == [1, 5, 5]

    def test_ours_come_first(self, problem, right):
        """The problem's code is that of our fault, though another check failed."""
        wrong = [returned("prediction", 0, heights=np.zeros(5), one_row=[2.5])]
        faulty = [Observation("rooted", 0, "faulty", failure=Failure("NameError", "np"))]

        report = graded(problem, right, [*wrong, *faulty])

        assert [one.code for one in report.checks] == [53, 4, 0]
        assert report.code == 4


class TestPredicates:
    """Where the right answer is not unique staff's predicate judges, on its own draw of the inputs."""

    def test_another_right_answer_passes(self, problem, right):
        """The negative root is not the reference's, and right."""
        other = returned("rooted", 0, x=-right["rooted", 0].values["x"])

        assert graded(problem, right, [other]).code == 0

    def test_its_findings_are_the_verdict(self, problem, right):
        """What it yields is told as it says it."""
        wrong = returned("rooted", 0, x=np.ones(6))

        verdict = graded(problem, right, [wrong]).checks[1]

        assert (verdict.code, verdict.message) == (
            60,
            "`x` squared is not `a`; expected x² = a: square what you return",
        )

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            pytest.param(np.ones((6, 1)), 52, id="shape"),
            pytest.param(np.full(6, np.nan), 61, id="nan"),
            pytest.param("None", 50, id="none"),
            pytest.param(np.ones(6, int), 51, id="int"),
            pytest.param(np.ones(6, complex), 51, id="complex"),
        ],
    )
    def test_structure_comes_before_it(self, problem, right, value, code):
        """Shapes, kinds and NaN are judged as everywhere."""
        wrong = Observation("rooted", 0, "returned", {"x": value})

        assert graded(problem, right, [wrong]).checks[1].code == code

    def test_one_that_fails_on_the_reference_too_is_4(self, problem, right):
        """A fault of the predicate's is pending; the message says where it is."""

        def broken(found, reference, rng):
            raise ZeroDivisionError("division by zero")

        report = graded(judged_by(problem, broken), right)

        assert [one.code for one in report.checks] == [0, 4, 0]
        assert (report.score, report.pending) == (6, 1)
        assert "`a_root` failed (ZeroDivisionError: division by zero)" in report.checks[1].message

    def test_one_that_fails_on_the_students_values_alone_is_50(self, problem, right):
        """Values made to trip the predicate earn nothing."""

        def delicate(found, reference, rng):
            if not np.array_equal(found["x"], reference["x"]):
                raise ZeroDivisionError("division by zero")
            return iter(())

        report = graded(judged_by(problem, delicate), right, [returned("rooted", 0, x=np.ones(6))])

        assert [one.code for one in report.checks] == [0, 50, 0]
        assert report.score == 6


def test_some_checks_can_be_asked_for(problem, right):
    """The others are not run, and not in the report."""
    report = graded(problem, right, checks=problem.checks[1:2])

    assert [one.check for one in report.checks] == ["rooted"]
    assert report.max_score == 1


def test_a_value_that_the_reference_has_none_of_is_no_excuse(problem, right):
    """A reference that returns what is no array can't be compared with: that is ours, and not a free pass."""
    answers = {**right, ("fitted", 0): Observation("fitted", 0, "returned", {"slope": "None"})}

    report = grade(lambda *_: list(answers.values()), problem, IMPLEMENTATION, Answers(answers), SEED)

    assert [one.code for one in report.checks] == [0, 0, 4]


def test_where_nothing_could_be_run_every_check_says_so(problem):
    """A file that was not handed in is missing from each check."""
    report = unjudged(problem, 40, "line.py was not handed in")

    assert [one.code for one in report.checks] == [40, 40, 40]
    assert {one.message for one in report.checks} == {"line.py was not handed in"}
    assert (report.score, report.max_score) == (0, 7)


def test_nan_hides_no_other_finding(problem, right):
    """Neither that of another value, nor that of other entries of the same one; the most severe comes first."""
    mixed = np.array([np.nan, 1.0, 2.0, 3.0, 7.5])
    wrong = returned("prediction", 0, heights=mixed, one_row=[2.0])

    (verdict, *_) = graded(problem, right, [wrong]).checks

    assert verdict.code == 61
    assert verdict.message.splitlines() == [
        "`heights`: 1 of 5 entries is NaN, at heights[0]; look for an overflow, or a division by 0",
        "`heights`: 1 of 5 entries differs by 3.5, at heights[4]; work a small case out by hand and compare",
        "`one_row`: its only entry differs by 0.5; work a small case out by hand and compare",
    ]


def test_what_trips_up_the_hints_costs_the_hints(problem, right, monkeypatch):
    """Values that make a hint's code fail are wrong all the same, and no fault of ours."""

    def tripped(*_):
        raise TypeError

    monkeypatch.setattr("autograder.grading.diagnose", tripped)
    report = graded(problem, right, [replace(one, values={}) for one in right.values()])

    assert {verdict.code for verdict in report.checks} == {50}
    assert report.score == 0


def column(array):
    """A vector as a column."""
    return np.asarray(array)[:, None]


class TestSlips:
    """A wrong shape or dtype of right numbers costs a tenth of the problem's points, once."""

    def test_checks_behind_a_slip_are_judged_by_their_numbers(self, problem, right):
        """It is told where it is found first, with its code; the points are those of the others."""
        seen = [
            *(returned("prediction", draw, heights=column(np.arange(5.0) + draw), one_row=2.5) for draw in range(3)),
            *(returned("fitted", draw, slope=[[0.5]]) for draw in range(2)),
        ]

        report = graded(problem, right, seen)

        assert [(one.code, one.points) for one in report.checks] == [(52, 1.3), (0, 1), (52, 4)]
        assert (report.code, report.score) == (52, 6.3)
        assert report.checks[0].message.splitlines() == [
            "`heights` has shape (5, 1); expected (5,)",
            "`one_row` has shape (); expected (1,)",
            "partial credit: a wrong shape or dtype of right numbers costs 0.7 of the problem's points, once",
        ]
        assert report.checks[0].partial in report.checks[0].message
        assert report.checks[2].message.splitlines()[1:] == ["the numbers are right"]
        assert report.checks[2].partial == ""

    def test_the_same_slip_is_told_once(self, problem, right):
        """Another check with it passes, and says where it is told."""
        twin = replace(problem.checks[2], name="again", needs=("fitted",))
        slip = [returned(name, draw, slope=[0.5]) for name in ("fitted", "again") for draw in range(2)]
        answers = {**right, **{("again", draw): replace(right["fitted", draw], check="again") for draw in range(2)}}

        report = graded(problem, answers, slip, checks=(problem.checks[2], twin))

        assert [(one.code, one.points) for one in report.checks] == [(52, 3.3), (0, 4)]
        assert report.checks[0].hint
        assert report.checks[1].hint is None
        assert report.checks[1].message == "the numbers are right; of the shape or dtype see `fitted`"

    def test_a_slip_costs_at_most_what_failing_its_checks_would(self, problem, right):
        """A check of few points has no more to lose."""
        small = replace(problem.checks[1], points=0.5)
        checks = (problem.checks[0], small, problem.checks[2])
        problem = replace(problem, page=replace(problem.page, checks=checks))

        report = graded(problem, right, [returned("rooted", 0, x=column(right["rooted", 0].values["x"]))])

        assert [one.points for one in report.checks] == [2, 0, 4]

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            pytest.param([0.75], 52, id="wrong_number"),
            pytest.param([np.nan], 52, id="nan"),
            pytest.param([0.5, 0.5], 52, id="repeated"),
        ],
    )
    def test_a_wrong_shape_of_wrong_numbers_has_no_points(self, problem, right, wrong, code):
        """One draw with other numbers is enough, though the others are a slip."""
        report = graded(problem, right, [returned("fitted", 0, slope=[0.5]), returned("fitted", 1, slope=wrong)])

        assert (report.checks[2].code, report.checks[2].points, report.checks[2].partial) == (code, 0, "")

    def test_a_slip_beside_another_fault_has_no_points(self, problem, right):
        """An input that was changed is no slip."""
        changed = replace(returned("fitted", 0, slope=[0.5]), changed=("`x` of `fit`",))

        verdict = graded(problem, right, [changed, returned("fitted", 1, slope=[0.5])]).checks[2]

        assert (verdict.code, verdict.points) == (52, 0)

    @pytest.mark.parametrize("cast", [np.float32, complex])
    def test_a_dtype_slips_as_a_shape_does(self, problem, right, cast):
        """The same numbers in another dtype, compared to the digits it has."""
        slip = [replace(one, values={"slope": one.values["slope"].astype(cast)}) for one in fitted(right)]

        verdict = graded(problem, right, slip).checks[2]

        assert (verdict.code, verdict.points) == (51, 3.3)

    def test_a_predicate_is_asked_about_the_brought_value(self, problem, right):
        """It sees the reference's shape, and judges by the numbers."""
        roots = right["rooted", 0].values["x"]

        report = graded(problem, right, [returned("rooted", 0, x=-column(roots))])
        wrong = graded(problem, right, [returned("rooted", 0, x=column(roots + 1))])

        assert (report.checks[1].code, report.checks[1].points) == (52, 0.3)
        assert (wrong.checks[1].code, wrong.checks[1].points) == (52, 0)

    @pytest.mark.parametrize("slope", [[0.5], np.float32(0.5)])
    def test_where_the_shape_is_the_lesson_it_costs_the_check(self, problem, right, slope):
        """The check page says so: `strict=True`."""
        checks = (*problem.checks[:2], replace(problem.checks[2], strict=True))
        problem = replace(problem, page=replace(problem.page, checks=checks))

        verdict = graded(problem, right, [returned("fitted", draw, slope=slope) for draw in range(2)]).checks[2]

        assert (verdict.code, verdict.points) == (51 if np.ndim(slope) == 0 else 52, 0)

    def test_a_check_that_needs_one_with_a_slip_is_judged(self, problem, right):
        """The numbers are a result, and no wrong one."""
        checks = (*problem.checks[:2], replace(problem.checks[2], needs=("prediction",)))
        slip = [returned("prediction", draw, heights=column(np.arange(5.0) + draw), one_row=[2.5]) for draw in range(3)]

        verdict = graded(problem, right, [*slip, returned("fitted", 0, slope=0.75)], checks=checks).checks[2]

        assert (verdict.code, verdict.blocked_by) == (53, None)
        assert "prediction" not in verdict.message


def fitted(right):
    """The observations of `fitted`."""
    return [one for (check, _), one in right.items() if check == "fitted"]


def worth(name, observations, credit):
    """A known mistake with what it leaves of the points of its checks."""
    return Mistake(name, f"{name}?", by_draw(observations), credit, f"{name} leaves some")


class TestWorth:
    """A known mistake earns what its specimen says it is worth."""

    HALVED = tuple(returned("fitted", draw, slope=0.25) for draw in range(2))
    FLAT = tuple(returned("prediction", draw, heights=np.zeros(5), one_row=[0.0]) for draw in range(3))

    def test_exactly_this_mistake_earns_it(self, problem, right):
        """Code, message and hint stay, and the reason is told."""
        known = worth("halved", [*self.HALVED, *self.FLAT], {"fitted": 3.0, "prediction": 1.5})

        report = graded(problem, right, [*self.HALVED, *self.FLAT], mistakes=[known])

        assert [(one.code, one.points) for one in report.checks] == [(53, 1.5), (0, 1), (53, 3)]
        assert report.score == 5.5
        for verdict in (report.checks[0], report.checks[2]):
            assert verdict.partial == "halved leaves some"
            assert verdict.message.splitlines()[-1] == "partial credit: halved leaves some"
            assert verdict.hint == "halved?"

    def test_another_mistake_beside_it_costs_its_own_points_alone(self, problem, right):
        """A known mistake earns the points that its specimen says."""
        known = worth("halved", self.HALVED, {"fitted": 3.0})

        report = graded(problem, right, [*self.HALVED, *self.FLAT], mistakes=[known])

        assert [one.points for one in report.checks] == [0, 1, 3]

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param([HALVED[0], returned("fitted", 1, slope=0.125)], id="one_draw"),
            pytest.param([*HALVED, returned("prediction", 0, heights=np.zeros(5), one_row=[0.5])], id="one_value"),
            pytest.param([*HALVED], id="one_check"),
        ],
    )
    def test_it_is_known_by_every_draw_of_every_check_that_it_touches(self, problem, right, changes):
        """A mistake that agrees in some is another one."""
        known = worth("halved", [*self.HALVED, *self.FLAT], {"fitted": 3.0, "prediction": 1.5})

        report = graded(problem, right, changes, mistakes=[known])

        assert all(one.points in (0, one.max_points) and not one.partial for one in report.checks)

    def test_a_run_that_ended_early_is_not_known(self, problem, right):
        """A draw that was not tried might have been another."""
        known = worth("halved", self.HALVED, {"fitted": 3.0})
        answers = {key: one for key, one in right.items() if key != ("fitted", 1)}

        report = graded(problem, answers, [self.HALVED[0]], mistakes=[known])

        assert report.checks[2].points == 0

    def test_one_mistake_is_credited_at_a_time(self, problem, right):
        """The one that explains more, though another is worth more; of two alike the one that is worth more."""
        both = [*self.HALVED, *self.FLAT]
        least = worth("least", self.FLAT, {"prediction": 1.75})
        most = worth("most", both, {"fitted": 2.0, "prediction": 1.0})
        nothing = worth("nothing", both, {})

        one = graded(problem, right, both, mistakes=[least, most, nothing])
        apart = graded(problem, right, both, mistakes=[least, worth("halved", self.HALVED, {"fitted": 3.0})])

        assert [each.points for each in one.checks] == [1, 1, 2]
        assert [each.points for each in apart.checks] == [0, 1, 3]

    def test_a_mistake_that_explains_more_and_is_worth_nothing_earns_nothing(self, problem, right):
        """Its values are those of a lesser mistake, too, in one check."""
        both = [*self.HALVED, *self.FLAT]
        mistakes = [worth("least", self.FLAT, {"prediction": 1.75}), worth("nothing", both, {})]

        assert graded(problem, right, both, mistakes=mistakes).score == 1

    def test_it_never_costs_points(self, problem, right):
        """A slip has most of its points, and keeps them; a passing check keeps all of them."""
        slip = [returned("fitted", draw, slope=[0.5]) for draw in range(2)]

        report = graded(problem, right, slip, mistakes=[worth("column", slip, {"fitted": 2.0})])
        more = graded(problem, right, slip, mistakes=[worth("column", slip, {"fitted": 3.5})])

        assert report.checks[2].points == 3.3
        assert (more.checks[2].points, more.checks[2].partial) == (3.5, "column leaves some")

    def test_what_is_pending_stays_pending(self, problem, right):
        """A fault of ours is no mistake of the student's."""
        known = worth("halved", self.HALVED, {"fitted": 3.0})
        answers = {key: one for key, one in right.items() if key[0] != "fitted"}

        report = grade(
            lambda *_: [*answers.values(), *self.HALVED], problem, IMPLEMENTATION, Answers(answers, (known,)), SEED
        )

        assert (report.checks[2].points, report.checks[2].pending) == (0, 4)
