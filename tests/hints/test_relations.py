"""What wrong values have to do with right ones is said when it is so in every draw, and without a value."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograder.authoring import check
from autograder.hints.relations import Draw, explain

DRAWS = range(3)
SCALES = {"N": (5.0,), "d_k": (3.0,), "C": (2.5, 0.3)}


@check(points=1)
def claim(module, rng):
    """A claim."""


def matrices(draw, shape=(5, 3)):
    """A right value of one draw: irregular numbers, none of them near another's or near 0."""
    rng = np.random.default_rng(draw)
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.3, 4.0, size=shape)


def told(wrong, right=matrices, **others):
    """What is said of `v`, where each draw has ``wrong(right value)``; ``others`` are right values beside it."""
    draws = []
    for draw in DRAWS:
        rights = {"v": right(draw), **{name: value(draw) for name, value in others.items()}}
        draws.append(Draw({**rights, "v": np.asarray(wrong(rights["v"]))}, rights, SCALES))
    return explain(claim.__check__, draws, ["v"])


def scalars(draw):
    """A right number of one draw."""
    return np.asarray(matrices(draw)[0, 0])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(lambda v: -v, "right but for the sign", id="sign"),
        pytest.param(lambda v: 2 * v, "twice what it should be", id="twice"),
        pytest.param(lambda v: v / 2, "half of what it should be", id="half"),
        pytest.param(lambda v: 5 * v, "N times what it should be", id="N"),
        pytest.param(lambda v: v / 5, "1/N of what it should be", id="1/N"),
        pytest.param(lambda v: -v / 5, "−1/N of what it should be", id="-1/N"),
        pytest.param(lambda v: np.sqrt(3) * v, "√d_k times what it should be", id="sqrt_d_k"),
        pytest.param(lambda v: v / np.sqrt(3), "1/√d_k of what it should be", id="1/sqrt_d_k"),
        pytest.param(lambda v: 0.3 * v, "C times what it should be", id="C"),
        pytest.param(lambda v: 1.7 * v, "a constant factor is missing or too many", id="some_factor"),
        pytest.param(lambda v: v / np.abs(v).sum(), "by a factor that changes with the inputs", id="normalised"),
        pytest.param(lambda v: v + 0.7, "off by the same amount everywhere", id="constant"),
        pytest.param(lambda v: v + v.sum(), "off by the same amount everywhere", id="offset"),
        pytest.param(lambda v: v[::-1], "in reverse order", id="reversed"),
        pytest.param(np.abs, "right but for the sign of some entries", id="absolute"),
        pytest.param(np.reciprocal, "one divided by what it should be", id="reciprocal"),
        pytest.param(lambda v: 0 * v, "0 everywhere", id="zeros"),
        pytest.param(lambda v: v * np.arange(1.0, 6)[:, None], "right in each row but for a factor", id="row_factors"),
        pytest.param(lambda v: v * np.arange(1.0, 4), "right in each column but for a factor", id="column_factors"),
        pytest.param(lambda v: v + v.sum(axis=0), "all along a column", id="column_offsets"),
        pytest.param(lambda v: v + 9 * (np.arange(15).reshape(5, 3) == 4), "wrong in a single entry", id="one_entry"),
        pytest.param(lambda v: np.where(v > 0, v, 0), "entries are 0 that should not be", id="masked"),
        pytest.param(lambda v: v.T, "transposed", id="transposed_shape"),
        pytest.param(lambda v: v[None], "the right numbers in another shape", id="reshaped"),
        pytest.param(lambda v: v.sum(axis=0), "summed over axis 0; leave that out", id="summed"),
        pytest.param(lambda v: v.mean(), "averaged over all its entries; leave that out", id="averaged"),
    ],
)
def test_a_relation_is_told(wrong, said):
    """In every draw alike."""
    assert said in told(wrong)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        pytest.param(lambda draw: matrices(draw, (4, 4)), lambda v: v.T, "transposed", id="transposed"),
        pytest.param(
            lambda draw: np.maximum(matrices(draw), 0), lambda v: v - (v == 0), "that should be 0", id="not_masked"
        ),
        pytest.param(scalars, lambda v: v + 0.7, "the same amount everywhere", id="number_constant"),
        pytest.param(scalars, lambda v: 1.7 * v, "a constant factor is missing", id="number_factor"),
        pytest.param(scalars, lambda v: v / 5, "1/N of what it should be", id="number_1/N"),
        pytest.param(lambda draw: matrices(draw, 3), lambda v: np.outer([1, 2], v), None, id="no_sum"),
        pytest.param(
            lambda draw: matrices(draw, 3),
            lambda v: np.array([0.25 * v, 0.75 * v]),
            "summed over axis 0",
            id="not_summed",
        ),
    ],
)
def test_a_relation_of_other_shapes_is_told(right, wrong, said):
    """Square ones, vectors, and single numbers over the draws."""
    found = told(wrong, right)

    assert (said in found) if said else found is None


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        pytest.param(np.cos, matrices, id="nothing"),
        pytest.param(lambda v: v * np.cos(v), scalars, id="numbers"),
        pytest.param(lambda v: np.where(v > 0, np.nan, v), matrices, id="nan"),
        pytest.param(lambda v: v + 1j, matrices, id="complex"),
        pytest.param(lambda v: v, matrices, id="all_right"),
    ],
)
def test_where_there_is_no_relation_nothing_is_told(wrong, right):
    """Better no hint than a guess."""
    assert told(wrong, right) is None


def test_a_relation_of_one_draw_is_none():
    """What is so on one draw and not on another is chance."""
    doubled = iter([2.0, 3.1, 2.0])

    assert "twice" not in (told(lambda v: next(doubled) * v) or "")


def test_a_factor_with_two_names_has_both():
    """Where N is 2 nobody can tell which was meant."""
    draws = [Draw({"v": 2 * matrices(draw)}, {"v": matrices(draw)}, {"N": (2.0,)}) for draw in DRAWS]

    assert explain(claim.__check__, draws, ["v"]) == "`v`: twice or N times what it should be."


def test_values_that_are_exchanged_are_named():
    """Each holds what the other should."""
    right = [{"dW_Q": matrices(draw), "dW_K": matrices(draw + 9)} for draw in DRAWS]
    draws = [Draw({"dW_Q": one["dW_K"], "dW_K": one["dW_Q"]}, one, SCALES) for one in right]

    assert explain(claim.__check__, draws, ["dW_Q", "dW_K"]) == (
        "`dW_Q` and `dW_K`: exchanged, each in the other's place."
    )


@pytest.mark.parametrize(
    ("names", "wrong", "said"),
    [
        pytest.param("dx dw db", "dw", "`dx` and `db` are right.", id="one_gradient"),
        pytest.param("dW_Q dW_K", "dW_K", "`dW_Q` is right.", id="one_letter_is_no_case"),
        pytest.param("A A_one_row A_wide", "A_one_row", "Wrong only for “one row”; the rest is right.", id="one_case"),
        pytest.param(
            "out_one_row dx_one_row out_wide dx_wide",
            "out_one_row dx_one_row",
            "Wrong only for “one row”; the rest is right.",
            id="one_case_of_several",
        ),
        pytest.param(
            "out_one_row dx_one_row out_wide dx_wide",
            "dx_one_row dx_wide",
            "`dx` is wrong in every case; the rest is right.",
            id="one_quantity",
        ),
        pytest.param(
            "W b W_first_epoch b_first_epoch", "W b", "Right for “first epoch”, and wrong otherwise.", id="first_epoch"
        ),
        pytest.param(
            "W W_default_C W_default_eta W_first",
            "W W_default_C W_first",
            "Right for “default eta”, and wrong otherwise.",
            id="not_the_default",
        ),
        pytest.param(
            "f_linear f_linear_one_point f_rbf f_rbf_one_point",
            "f_rbf f_rbf_one_point",
            "Wrong only for “rbf”; the rest is right.",
            id="one_kernel",
        ),
        pytest.param("a b c d e f", "f", "All but `f` are right.", id="most_are_right"),
        pytest.param("v w", "v w", None, id="none_is_right"),
    ],
)
def test_which_values_are_wrong_is_told_by_their_names(names, wrong, said):
    """What separates them from those that are right."""
    draws = []
    for draw in DRAWS:
        right = {name: matrices(100 * draw + position) for position, name in enumerate(names.split())}
        found = {name: np.cos(value) if name in wrong.split() else value for name, value in right.items()}
        draws.append(Draw(found, right, SCALES))

    assert explain(claim.__check__, draws, wrong.split()) == said


def test_what_is_true_of_few_is_not_told():
    """One of four values that happens to be twice what it should be explains nothing."""
    draws = []
    for draw in DRAWS:
        right = {name: matrices(10 * draw + position) for position, name in enumerate("abcd")}
        draws.append(Draw({name: 2 * v if name == "a" else np.cos(v) for name, v in right.items()}, right, {}))

    assert explain(claim.__check__, draws, list("abcd")) is None


def test_no_value_is_told():
    """Numbers stand in no sentence, but for axes and the 1 of 1/N."""
    wrongs = (lambda v: 1.2345 * v, lambda v: v + 6.789, lambda v: v + v.sum(), lambda v: v / 5)
    for wrong in wrongs:
        assert not re.search(r"\d\.|[2-9]", told(wrong))
