"""A wrong answer that is a known mistake's gets that mistake's hint, and no other answer gets one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograder.authoring import Finding
from autograder.expected import Answers, Mistake, by_draw, observe_answers, to_bytes
from autograder.hints.diagnose import borne_out, diagnose, known_mistakes
from autograder.wire import Failure, Frame, Observation

WRONG = np.array([0.5, -2.0, 7.25])


@pytest.fixture
def checks(lines):
    """The small course's checks, of three draws, one and two."""
    return lines.checks


def seen(check, draws, value=WRONG, **fields):
    """What is observed on each draw of a check: one value, another on each."""
    if not isinstance(value, str):
        return [Observation(check, draw, "returned", {"out": value + draw}, **fields) for draw in range(draws)]
    return [Observation(check, draw, "returned", {"out": value}, **fields) for draw in range(draws)]


def mistake(name, *observations):
    """A known mistake, whose hint is its name."""
    return Mistake(name, name, by_draw([one for several in observations for one in several]))


def given(checks, student, *mistakes, failed=("prediction",), called=None):
    """The hints for what a student's module gave; each check calls a function of its own, or ``called``."""
    called = {check.name: frozenset({called or check.name}) for check in checks}
    return known_mistakes(checks, {*failed}, student, Answers({}, mistakes), called)


def never(checks):
    """A run that is not needed."""
    pytest.fail("it was run again")


def test_the_same_arrays_are_the_same_mistake(checks):
    """Every draw agrees with the mistake's: it is the mistake."""
    assert given(checks, seen("prediction", 3), mistake("sign", seen("prediction", 3))) == {"prediction": "sign"}


def test_rounding_hides_no_mistake(checks):
    """The mistake made in another order of operations is the mistake."""
    student = seen("prediction", 3, WRONG * (1 + 1e-9))

    assert given(checks, student, mistake("sign", seen("prediction", 3))) == {"prediction": "sign"}


def test_a_passed_check_has_no_hint(checks):
    """Only failures are explained."""
    assert given(checks, seen("prediction", 3), mistake("sign", seen("prediction", 3)), failed=()) == {}


@pytest.mark.parametrize(
    "student",
    [
        pytest.param(seen("prediction", 3, -WRONG), id="values"),
        pytest.param([*seen("prediction", 2), *seen("prediction", 3, -WRONG)[2:]], id="one_draw"),
        pytest.param(seen("prediction", 3, WRONG[:, None]), id="shape"),
        pytest.param(seen("prediction", 3, WRONG[:1]), id="broadcastable_shape"),
        pytest.param(seen("prediction", 3, WRONG.astype(complex)), id="complex"),
        pytest.param(seen("prediction", 3, WRONG.astype(int)), id="int"),
        pytest.param(seen("prediction", 3, "None"), id="none"),
        pytest.param(seen("prediction", 3, changed=("`x` of `predict`",)), id="changed_input"),
        pytest.param([replace(one, values={"other": WRONG}) for one in seen("prediction", 3)], id="names"),
        pytest.param([replace(one, values={}) for one in seen("prediction", 3)], id="nothing"),
        pytest.param([Observation("prediction", 0, "died")], id="died"),
        pytest.param([], id="not_run"),
    ],
)
def test_what_is_not_the_same_is_not_the_mistake(checks, student):
    """Other values, kinds, shapes or ends are somebody's own mistake."""
    assert given(checks, student, mistake("sign", seen("prediction", 3))) == {}


def test_a_mistake_is_known_by_what_it_returns_instead_of_an_array(checks):
    """A forgotten return is a mistake like another."""
    nothing = seen("prediction", 3, "None")

    assert given(checks, nothing, mistake("no return", nothing)) == {"prediction": "no return"}


def misfit(kind="ValueError", message="too many values to unpack (expected 2)", line=7, text="out, cache = f(x)"):
    """A probe's line that could not use what came back."""
    frame = Frame("checks.py", line, "prediction", text)
    return [Observation("prediction", 0, "misfit", failure=Failure(kind, message, (frame,)))]


def test_a_mistake_is_known_by_the_line_that_could_not_use_it(checks):
    """Three values for two are the same mistake, on whatever line the released page has it."""
    assert given(checks, misfit(line=8), mistake("too many", misfit())) == {"prediction": "too many"}


@pytest.mark.parametrize(
    "student",
    [
        pytest.param(misfit(kind="TypeError"), id="kind"),
        pytest.param(misfit(message="not enough values to unpack (expected 2, got 1)"), id="message"),
        pytest.param(misfit(text="out, cache = g(x)"), id="line"),
        pytest.param([replace(misfit()[0], ending="raised")], id="raised"),
    ],
)
def test_another_misfit_is_another_mistake(checks, student):
    """Both the exception and the line must be the same."""
    assert given(checks, student, mistake("too many", misfit())) == {}


def test_two_crashes_are_not_alike(checks):
    """A crash has its own traceback, which says more than any hint."""
    crash = [Observation("prediction", 0, "raised")]

    assert given(checks, crash, mistake("crash", crash)) == {}


def test_a_mistake_that_was_not_seen_in_a_check_is_not_made_there(checks):
    """What a mistake gives in one check says nothing of another."""
    student = [*seen("prediction", 3), *seen("fitted", 2)]
    known = mistake("sign", seen("prediction", 3))

    assert given(checks, student, known, failed=("prediction", "fitted")) == {"prediction": "sign"}


def test_of_two_mistakes_the_one_that_explains_more_is_named(checks):
    """Where both give the same arrays the one that is behind the other failures too is the likelier."""
    small = mistake("small", seen("prediction", 3))
    large = mistake("large", seen("prediction", 3), seen("fitted", 2))
    student = [*seen("prediction", 3), *seen("fitted", 2)]

    for known in ((small, large), (large, small)):
        assert given(checks, student, *known, failed=("prediction", "fitted")) == {
            "prediction": "large",
            "fitted": "large",
        }


def test_a_mistake_that_would_fail_more_than_failed_is_less_likely(checks):
    """Where a check passes that the mistake fails, it is another mistake."""
    small = mistake("small", seen("prediction", 3))
    large = mistake("large", seen("prediction", 3), seen("fitted", 2))

    for known in ((small, large), (large, small)):
        assert given(checks, seen("prediction", 3), *known) == {"prediction": "small"}


class TestCrashes:
    """A crash says what the exception usually means."""

    @staticmethod
    def crash(message="shapes (5,3) and (5,3) not aligned", functions=("predict",), kind="ValueError"):
        """An exception out of a student's functions, the outermost first."""
        frames = tuple(Frame("line.py", 3 + depth, name, "x.dot(x)") for depth, name in enumerate(functions))
        return [Observation("prediction", 0, "raised", failure=Failure(kind, message, frames))]

    def test_is_no_known_mistake(self, checks):
        """Many mistakes crash alike: shapes that don't fit say nothing of what is in the arrays."""
        assert given(checks, self.crash(), mistake("transposed", self.crash())) == {}

    def test_beside_right_values_may_be_one(self, checks):
        """Its crash is no contradiction if other draws or checks return what the mistake gives."""
        student = [*self.crash(), *seen("fitted", 2)]

        told = given(checks, student, mistake("one", student), failed=("prediction", "fitted"), called="f")

        assert told == {"prediction": "one", "fitted": "one"}

    def test_is_read_where_it_is_no_known_mistake(self, checks):
        """What the exception usually means, with the sizes' letters from the reference's run."""
        right = Observation("prediction", 0, "returned", {"out": WRONG}, scales={"n": (5.0,)})

        hint = diagnose(checks, WRONG_PREDICTION, self.crash(), Answers(by_draw([right])), "", never)["prediction"]

        assert hint.startswith("A product of matrices of shapes (5,3) and (5,3)")
        assert hint.endswith("Here n is 5.")

    def test_of_an_import_is_read(self, checks):
        """Before there is any draw to compare with."""
        broken = [Observation("prediction", 0, "raised", failure=Failure("SyntaxError", "invalid syntax"))]

        assert (
            "Python can't read this line"
            in diagnose(checks, WRONG_PREDICTION, broken, Answers({}), "", never)["prediction"]
        )


WRONG_PREDICTION = {
    "prediction": [Finding(53, "out", "it differs")],
    "rooted": [],
    "fitted": [],
}


class TestRelations:
    """What is no known mistake may still have a relation to what is right."""

    RIGHT = tuple(Observation("prediction", draw, "returned", {"out": WRONG + draw}) for draw in range(3))

    def told(self, checks, student, *mistakes, findings=WRONG_PREDICTION):
        """The hint for the first check."""
        return diagnose(checks, findings, student, Answers(by_draw(self.RIGHT), mistakes), "", never).get("prediction")

    def test_is_told(self, checks):
        """By the value's name."""
        student = [replace(one, values={"out": -one.values["out"]}) for one in self.RIGHT]

        assert self.told(checks, student) == "`out`: right but for the sign, which is the opposite."

    def test_says_less_than_a_known_mistake(self, checks):
        """An author's words come first."""
        student = [replace(one, values={"out": -one.values["out"]}) for one in self.RIGHT]

        assert self.told(checks, student, mistake("minus", student)) == "minus"

    @pytest.mark.parametrize(
        "changed",
        [
            pytest.param({"values": {"out": "None"}}, id="no_array"),
            pytest.param({"values": {}}, id="nothing"),
            pytest.param({"ending": "died"}, id="died"),
        ],
    )
    def test_needs_arrays_in_every_draw(self, checks, changed):
        """What is no array has no relation to one."""
        student = [replace(one, values={"out": -one.values["out"]}) for one in self.RIGHT]

        assert self.told(checks, [*student[:2], replace(student[2], **changed)]) is None

    def test_of_a_wrong_dtype_says_nothing_more(self, checks):
        """It explains what else is wrong."""
        findings = {**WRONG_PREDICTION, "prediction": [Finding(51, "out", ""), Finding(53, "out", "")]}
        student = [replace(one, values={"out": -one.values["out"].astype(int)}) for one in self.RIGHT]

        assert self.told(checks, student, findings=findings) is None

    @pytest.mark.parametrize("code", [50, 55, 60, 62, 63])
    def test_explains_wrong_values(self, checks, code):
        """An input that was changed and a network that learns badly have other causes."""
        student = [replace(one, values={"out": -one.values["out"]}) for one in self.RIGHT]

        assert (
            self.told(checks, student, findings={**WRONG_PREDICTION, "prediction": [Finding(code, "out", "")]}) is None
        )

    def test_is_of_the_values_that_are_wrong(self, checks):
        """A predicate may be content with what differs from the reference."""
        findings = {**WRONG_PREDICTION, "prediction": [Finding(53, "other", "")]}
        right = [replace(one, values={**one.values, "other": WRONG}) for one in self.RIGHT]
        student = [replace(one, values={"out": -WRONG, "other": 2 * WRONG}) for one in right]

        hint = diagnose(checks, findings, student, Answers(by_draw(right)), "", never)["prediction"]

        assert hint == "`other`: twice what it should be."


def test_what_looks_like_a_mistake_in_few_of_its_checks_is_another(checks):
    """Where it shows in three checks and one agrees, that one agrees by chance."""
    student = [*seen("prediction", 3), *seen("rooted", 1, -WRONG), *seen("fitted", 2, -WRONG)]
    known = mistake("large", seen("prediction", 3), seen("rooted", 1), seen("fitted", 2))

    assert given(checks, student, known, failed=("prediction", "rooted", "fitted")) == {}


def test_a_mistake_is_borne_out_where_it_shows(checks):
    """By what it gives in each check that is made, or it is another that looks like it."""
    student = [*seen("prediction", 3), *seen("fitted", 2, -WRONG)]
    small, large = (
        mistake("small", seen("prediction", 3)),
        mistake("large", seen("prediction", 3), seen("fitted", 2)),
    )

    assert [borne_out(checks, student, each) for each in (small, large)] == [True, False]
    assert borne_out(checks[:1], student, large)


def test_a_mistake_is_no_guess_where_a_needed_check_shows_another(checks):
    """What is wrong in the check before shows in the one after it, and looks like a mistake that it is not."""
    prediction, rooted, fitted = checks
    needing = (prediction, rooted, replace(fitted, needs=("prediction",)))
    student = [*seen("prediction", 3, -WRONG), *seen("fitted", 2)]

    for known, told in ((checks, {"fitted": "later"}), (needing, {})):
        assert given(known, student, mistake("later", seen("fitted", 2)), failed=("prediction", "fitted")) == told


def test_of_a_known_mistake_no_line_of_code_is_kept(lines):
    """What it printed and where it raised would show its code to students."""
    spied = Failure("ValueError", "shapes (5,3) and (5,3)", (Frame("line.py", 7, "predict", "return x.dot(x)"),))
    raised = Observation("prediction", 0, "raised", failure=spied, output="secret")

    answers = observe_answers(lambda *_: [raised], lines, 0)

    assert b"x.dot" not in to_bytes(replace(answers, reference={}))
    assert b"secret" not in to_bytes(replace(answers, reference={}))


class TestSharedFunctions:
    """Checks that call the same functions have one cause: a mistake that explains only some of them is another."""

    BOTH = ("prediction", "fitted")

    def test_a_check_that_fails_without_a_reason_refutes_a_mistake(self, checks):
        """It would be one mistake that looks like another: a `return` in the loop, and a stop after the first step."""
        student = [*seen("prediction", 3), *seen("fitted", 2, -WRONG)]
        known = mistake("stops", seen("prediction", 3))

        assert given(checks, student, known, failed=self.BOTH, called="fit") == {}
        assert given(checks, student, known, failed=self.BOTH) == {"prediction": "stops"}

    def test_two_mistakes_explain_two_checks(self, checks):
        """Each has a reason then."""
        student = [*seen("prediction", 3), *seen("fitted", 2, -WRONG)]
        known = mistake("one", seen("prediction", 3)), mistake("other", seen("fitted", 2, -WRONG))

        told = given(checks, student, *known, failed=self.BOTH, called="fit")

        assert told == {"prediction": "one", "fitted": "other"}

    def test_a_mistake_that_would_fail_a_check_that_passes_is_another(self, checks):
        """Zeros for a gradient that is not written yet are no mistake in the function before it."""
        known = mistake("zeros", seen("prediction", 3), seen("fitted", 2))

        assert given(checks, [*seen("prediction", 3), *seen("fitted", 2)], known) == {}

    def test_what_comes_after_may_differ(self, checks):
        """It calls other functions, and a check that it needs fails."""
        prediction, rooted, fitted = checks
        needing = (prediction, rooted, replace(fitted, needs=("prediction",)))
        student = [*seen("prediction", 3), *seen("fitted", 2, -WRONG)]
        known = mistake("unscaled", seen("prediction", 3), seen("fitted", 2))

        assert given(needing, student, known, failed=self.BOTH) == {"prediction": "unscaled"}
        assert given(checks, student, known, failed=self.BOTH) == {}
        assert given(needing, student, known, failed=self.BOTH, called="f") == {}


def test_a_random_result_is_known_by_two_runs(checks):
    """On the same inputs it differs from run to run."""
    right = [Observation("prediction", draw, "returned", {"out": WRONG}) for draw in range(3)]
    runs = []

    def again(asked):
        runs.append([check.name for check in asked])
        return [*seen("prediction", 3, WRONG / 3), *seen("prediction", 3, WRONG / 7)]

    hints = diagnose(checks, WRONG_PREDICTION, seen("prediction", 3), Answers(by_draw(right)), "import random", again)

    assert hints["prediction"].startswith("Two runs of yours on the same inputs")
    assert runs == [["prediction", "prediction"]]


def test_a_function_that_passes_is_not_blamed(checks):
    """It was given something else than what it is for: the call is at fault."""
    frames = tuple(Frame("line.py", 7, name, "x @ w") for name in ("root", "predict"))
    crash = Observation(
        "rooted", 0, "raised", failure=Failure("ValueError", "shapes (5,3) and (5,3) not aligned", frames)
    )
    findings = {"prediction": [], "rooted": [Finding(2, "", "")], "fitted": []}

    hints = diagnose(
        checks, findings, [crash], Answers({}), "def predict(x):\n    pass\ndef root(x):\n    pass\n", never
    )

    assert hints["rooted"].startswith("`predict` passes its own checks")
    assert "where `root` calls it" in hints["rooted"]
