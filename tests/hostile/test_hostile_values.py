"""Whatever values and words come back from a run, judging them gives a verdict: it neither raises nor passes."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.codes import FAULTS_OF_OURS
from autograder.course.problem import Implementation
from autograder.expected import Answers, Mistake
from autograder.grading import grade
from autograder.hints.diagnose import diagnose
from autograder.seed import Seed
from autograder.text import sanitize
from autograder.wire import DTYPES, ENDINGS, Failure, Frame, Observation

OURS = {"faulty", "unstarted", "died"}
RIGHT = {
    "float": {"heights": np.linspace(-1.0, 2.0, 5), "one_row": np.array(2.5)},
    "matrix": {"heights": np.arange(12.0).reshape(3, 4) - 5.0, "one_row": np.ones((1, 4))},
    "int": {"heights": np.arange(4), "one_row": np.array(3)},
    "bool": {"heights": np.array([True, False, True]), "one_row": np.array([[True]])},
    "complex": {"heights": np.arange(3) * 1j, "one_row": np.array(1 + 1j)},
    "not_finite": {"heights": np.array([np.nan, np.inf, 1.0]), "one_row": np.array(-np.inf)},
    "empty": {"heights": np.zeros((0, 3)), "one_row": np.zeros(0)},
    "huge": {"heights": np.array([1e308, -1e308, 1e-308]), "one_row": np.array(1e200)},
}
dtypes = st.sampled_from(sorted(DTYPES)).map(np.dtype)
shapes = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
any_array = arrays.arrays(dtype=dtypes, shape=shapes)
texts = st.text(max_size=30) | st.sampled_from(("None", "of type dict", "\x1b[31m", "(3, 4) (4, 3)", "'NoneType'"))


@st.composite
def near(draw, right):
    """An array that has something to do with the right one: of its shape, cast, scaled, turned, cut, broken."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = right.astype(draw(dtypes))
        match draw(st.integers(0, 7)):
            case 0:
                found = found.T
            case 1:
                found = found.reshape(-1)
            case 2:
                found = np.asarray(found * np.asarray(draw(st.sampled_from((0, -1, 2, 0.5, 1e308, np.nan, 1j)))))
            case 3:
                found = np.asarray(found + np.asarray(draw(st.sampled_from((1, 1e-9, np.inf, 1e300)))))
            case 4:
                found = found[None]
            case 5:
                found = np.stack([found] * 3, axis=-1)
            case 6 if found.size:
                found = found.copy()
                found.flat[draw(st.integers(0, found.size - 1))] = draw(st.sampled_from((0, 1, 100)))
    return found if found.dtype.str in DTYPES else right.astype(np.float32)


def observations(problem, data, right):
    """What a hostile run says of each draw."""
    frames = st.builds(Frame, texts, st.integers(0, 2**32 - 1), texts, texts)
    failures = st.builds(Failure, texts, texts, st.lists(frames, max_size=3).map(tuple))
    seen = []
    for check in problem.checks:
        for number in range(check.draws):
            ending = data.draw(st.sampled_from(sorted(ENDINGS - OURS | {"died"})))
            values = {
                name: data.draw(st.one_of(near(value), any_array, texts, st.none()), label=name)
                for name, value in right.items()
            }
            seen.append(
                Observation(
                    check.name,
                    number,
                    ending if data.draw(st.integers(0, 3)) == 0 else "returned",
                    {name: value for name, value in values.items() if value is not None},
                    changed=tuple(data.draw(st.lists(texts, max_size=2))),
                    narrow=data.draw(st.booleans()),
                    scales={"n": (3.0, 0.0), "d": (float("nan"),)},
                    failure=data.draw(st.none() | failures),
                )
            )
    return seen


@pytest.mark.parametrize("right", RIGHT.values(), ids=RIGHT)
@given(data=st.data())
@settings(max_examples=40)
def test_what_comes_back_is_judged(lines, right, data):
    """No exception, no warning, no fault of ours, and full marks for nothing but the right values."""
    checks = tuple(replace(check, expect=None) for check in lines.checks)
    problem = replace(lines, page=replace(lines.page, checks=checks))
    answers = {
        (check.name, draw): Observation(check.name, draw, "returned", right, scales={"n": (3.0,), "d": (4.0,)})
        for check in problem.checks
        for draw in range(check.draws)
    }
    mistakes = (Mistake("zeros", "Not zeros.", {key: replace(one, values={}) for key, one in answers.items()}),)
    seen = observations(problem, data, right)
    module = Implementation({problem.module_file: data.draw(st.binary(max_size=50))})

    tripped: list[Exception] = []

    def noted(*asked):
        try:
            return diagnose(*asked)
        except Exception as error:
            tripped.append(error)
            raise

    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.grading.diagnose", noted)
        warnings.simplefilter("error")
        report = grade(lambda *_: seen, problem, module, Answers(answers, mistakes), Seed.public())

    assert tripped == []
    for verdict in report.checks:
        assert verdict.code not in FAULTS_OF_OURS
        assert all(sanitize(text) == text for text in (verdict.message, verdict.hint or ""))
        if verdict.code == 0:
            mine = [one for one in seen if one.check == verdict.check]
            assert all(one.ending == "returned" and not one.changed for one in mine)
            for one in mine:
                for name, value in right.items():
                    with np.errstate(all="ignore"):
                        assert np.allclose(one.values[name], value, rtol=1e-3, atol=1e-3, equal_nan=True)
