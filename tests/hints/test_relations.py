"""What wrong values have to do with right ones is said when it is so in every draw, and without a value."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograder.authoring import check
from autograder.hints.relations import Draw, explain

DRAWS = range(3)


@check(points=1)
def claim(module, rng):
    """A claim."""


@check(points=1)
def other(module, rng):
    """Another claim about the same function."""


def scales(draw):
    """The sizes of a draw's inputs: each varies."""
    return {"N": (5.0 + draw,), "d_k": (3.0 + draw,), "C": (2.5, 0.3 + draw)}


def matrices(draw, shape=(5, 3)):
    """A right value of one draw: irregular numbers, none of them near another's or near 0."""
    rng = np.random.default_rng(draw)
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.3, 4.0, size=shape)


def drawn(found, right, draw, page=claim, sizes=scales, *, is_root=True):
    """One draw, in which every value that differs is wrong."""
    found = {name: np.asarray(value) for name, value in found.items()}
    wrong = {
        name for name, value in right.items() if found[name].shape != value.shape or not np.allclose(found[name], value)
    }
    return Draw(page.__check__, found, right, wrong, sizes(draw), is_root)


def told(wrong, right=matrices, **others):
    """The hint about `v`, if each draw has ``wrong(right value, N)``; ``others`` are right values beside it."""
    draws = []
    for draw in DRAWS:
        rights = {"v": right(draw), **{name: value(draw) for name, value in others.items()}}
        draws.append(drawn({**rights, "v": wrong(rights["v"], 5 + draw)}, rights, draw))
    return explain(draws).get("claim")


def scalars(draw):
    """A right number of one draw."""
    return np.asarray(matrices(draw)[0, 0])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(lambda v, N: -v, "right but for the sign", id="sign"),
        pytest.param(lambda v, N: 2 * v, "twice what it should be", id="twice"),
        pytest.param(lambda v, N: v / 2, "half of what it should be", id="half"),
        pytest.param(lambda v, N: N * v, "N times what it should be", id="N"),
        pytest.param(lambda v, N: v / N, "1/N of what it should be", id="1/N"),
        pytest.param(lambda v, N: -v / N, "−1/N of what it should be", id="-1/N"),
        pytest.param(lambda v, N: np.sqrt(N - 2) * v, "√d_k times what it should be", id="sqrt_d_k"),
        pytest.param(lambda v, N: v / np.sqrt(N - 2), "1/√d_k of what it should be", id="1/sqrt_d_k"),
        pytest.param(lambda v, N: (N - 4.7) * v, "C times what it should be", id="C"),
        pytest.param(lambda v, N: 1.7 * v, "one number that is the same everywhere", id="some_factor"),
        pytest.param(lambda v, N: v / np.abs(v).sum(), "by a factor that changes with the inputs", id="normalised"),
        pytest.param(lambda v, N: v + 0.7, "off by the same amount everywhere", id="constant"),
        pytest.param(lambda v, N: v + v.sum(), "off by the same amount everywhere", id="offset"),
        pytest.param(lambda v, N: v[::-1], "in reverse order", id="reversed"),
        pytest.param(lambda v, N: np.abs(v), "right but for the sign of some entries", id="absolute"),
        pytest.param(lambda v, N: np.reciprocal(v), "one divided by what it should be", id="reciprocal"),
        pytest.param(lambda v, N: 0 * v, "0 everywhere", id="zeros"),
        pytest.param(lambda v, N: v * np.arange(1.0, 6)[:, None], "each row but for a factor", id="row_factors"),
        pytest.param(lambda v, N: v * np.arange(1.0, 4), "each column but for a factor", id="column_factors"),
        pytest.param(lambda v, N: v + v.sum(axis=0), "all along a column", id="column_offsets"),
        pytest.param(lambda v, N: v + 9 * (np.arange(15).reshape(5, 3) == 4), "in a single entry", id="one_entry"),
        pytest.param(lambda v, N: v * (np.abs(v) > 1), "entries are 0 that should not be", id="masked"),
        pytest.param(lambda v, N: v.T, "transposed", id="transposed_shape"),
        pytest.param(lambda v, N: v[None], "the right numbers in another shape", id="reshaped"),
        pytest.param(lambda v, N: v.sum(axis=0), "summed over axis 0; leave that out", id="summed"),
        pytest.param(lambda v, N: v.mean(), "averaged over all its entries; leave that out", id="averaged"),
    ],
)
def test_a_relation_is_told(wrong, said):
    """In every draw alike."""
    assert said in told(wrong)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        pytest.param(lambda draw: matrices(draw, (4, 4)), lambda v, N: v.T, "transposed", id="transposed"),
        pytest.param(
            lambda draw: np.maximum(matrices(draw), 0), lambda v, N: v - (v == 0), "that should be 0", id="not_masked"
        ),
        pytest.param(scalars, lambda v, N: v + 0.7, "the same amount everywhere", id="number_constant"),
        pytest.param(scalars, lambda v, N: 1.7 * v, "one number that is the same everywhere", id="number_factor"),
        pytest.param(scalars, lambda v, N: v / N, "1/N of what it should be", id="number_1/N"),
        pytest.param(lambda draw: matrices(draw, 3), lambda v, N: np.outer([2, 3], v), None, id="no_sum"),
        pytest.param(
            lambda draw: matrices(draw, 3),
            lambda v, N: np.array([0.25 * v, 0.75 * v]),
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
        pytest.param(lambda v, N: np.cos(v), matrices, id="nothing"),
        pytest.param(lambda v, N: v * np.cos(v), scalars, id="numbers"),
        pytest.param(lambda v, N: np.where(v > 0, np.nan, v), matrices, id="nan"),
        pytest.param(lambda v, N: v + 1j, matrices, id="complex"),
        pytest.param(lambda v, N: v, matrices, id="all_right"),
    ],
)
def test_where_there_is_no_relation_nothing_is_told(wrong, right):
    """Better no hint than a guess."""
    assert told(wrong, right) is None


def test_a_relation_of_one_draw_is_none():
    """What is so on one draw and not on another is chance."""
    doubled = iter([2.0, 3.1, 2.0])

    assert "twice" not in (told(lambda v, N: next(doubled) * v) or "")


@pytest.mark.parametrize(
    ("factor", "sizes"),
    [
        pytest.param(lambda draw: 2.0, lambda draw: {"N": (2.0,)}, id="one_size_alone"),
        pytest.param(lambda draw: 5.0, lambda draw: {"N": (5.0,)}, id="of_one_value"),
        pytest.param(lambda draw: 5.0 + draw, lambda draw: {"N": (5.0 + draw,), "T": (5.0 + draw,)}, id="two_names"),
    ],
)
def test_a_factor_is_named_if_only_one_name_fits(factor, sizes):
    """A size must vary for it to be known as the factor; otherwise it may be another number by chance."""
    draws = [drawn({"v": factor(draw) * matrices(draw)}, {"v": matrices(draw)}, draw, sizes=sizes) for draw in DRAWS]

    said = explain(draws)["claim"]

    assert "factor" in said
    assert not re.search("N|T times|twice", said)


def test_a_factor_of_one_is_none():
    """The value is right if N is 1, and agrees with a missing 1/N elsewhere."""
    draws = [
        drawn({"v": size * matrices(size)}, {"v": matrices(size)}, size, page, lambda size: {"N": (size,)})
        for size, page in ((5, claim), (7, claim), (1, other))
    ]

    assert explain(draws) == {"claim": "`v`: N times what it should be."}


class TestSeveralChecks:
    """A hint must hold in all checks that call the same functions, or be a plain fact."""

    def told(self, first, second, *, is_root=True):
        """The hints about both claims, if `v` is so in the draws of each."""
        draws = [drawn({"v": first(matrices(n), 5 + n)}, {"v": matrices(n)}, n) for n in DRAWS]
        draws += [
            drawn({"v": second(matrices(9 + n), 5 + n)}, {"v": matrices(9 + n)}, n, other, is_root=is_root)
            for n in DRAWS
        ]
        return explain(draws)

    def test_a_factor_in_both_is_named(self):
        """The check makes no difference."""
        both = self.told(lambda v, N: N * v, lambda v, N: N * v)

        assert both == dict.fromkeys(("claim", "other"), "`v`: N times what it should be.")

    @pytest.mark.parametrize(
        "second", [pytest.param(lambda v, N: v, id="right"), pytest.param(lambda v, N: np.cos(v), id="otherwise_wrong")]
    )
    @pytest.mark.parametrize(
        "first",
        [
            pytest.param(lambda v, N: 2 * v, id="twice"),
            pytest.param(lambda v, N: 3 * v, id="constant"),
            pytest.param(lambda v, N: -v, id="sign"),
            pytest.param(lambda v, N: v[::-1], id="reversed"),
            pytest.param(lambda v, N: v[None] * np.array([0.3, 0.7])[:, None, None], id="summed"),
            pytest.param(lambda v, N: np.sign(v), id="function"),
        ],
    )
    def test_what_holds_in_one_of_two_is_not_told(self, first, second):
        """It is contradicted by the other, or does not explain it."""
        assert self.told(first, second) == {}

    def test_an_unnamed_factor_may_come_first(self):
        """A check that needs another may be wrong because of it: only a fact is told of the first."""
        both = self.told(lambda v, N: N * v, lambda v, N: np.cos(v), is_root=False)

        assert both.keys() == {"claim"}
        assert "in the right proportions" in both["claim"]


def test_copies_are_not_averaged():
    """The mean of copies is the right value by no merit: two arrays met entry by entry."""
    said = told(lambda v, N: np.tile(v.T, 4), lambda draw: matrices(draw, (1, 4)))

    assert "repeated along axis 1" in said
    assert "averaged" not in said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(lambda v, N: np.stack([v, np.cos(v)]), "several values come back for one", id="pair"),
        pytest.param(lambda v, N: np.sign(v), "the sign of what it should be", id="sign"),
        pytest.param(lambda v, N: np.exp(v), "the exponential of what it should be", id="exp"),
        pytest.param(lambda v, N: np.trunc(v), "the whole part of what it should be", id="int"),
        pytest.param(lambda v, N: v + (np.arange(5) < 4)[:, None] * np.cos(v), "right in its last row", id="last_row"),
        pytest.param(lambda v, N: v + (np.arange(3) > 0) * np.cos(v), "right in its first column", id="first_column"),
    ],
)
def test_a_usual_relation_is_told(wrong, said):
    """Mistakes that students make with a right value."""
    assert said in told(wrong)


def test_values_that_are_exchanged_are_named():
    """Each holds what the other should."""
    right = [{"dW_Q": matrices(draw), "dW_K": matrices(draw + 9)} for draw in DRAWS]
    draws = [drawn({"dW_Q": one["dW_K"], "dW_K": one["dW_Q"]}, one, 0) for one in right]

    assert explain(draws)["claim"] == "`dW_Q` and `dW_K`: exchanged, each in the other's place."


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
        pytest.param(
            "Z_one_token Z_one_key_number Z_one_token_number",
            "Z_one_key_number Z_one_token_number",
            "`Z_one_token` is right.",
            id="no_case_of_half_a_name",
        ),
    ],
)
def test_which_values_are_wrong_is_told_by_their_names(names, wrong, said):
    """What separates them from those that are right."""
    draws = []
    for draw in DRAWS:
        right = {name: matrices(100 * draw + position) for position, name in enumerate(names.split())}
        found = {name: np.cos(value) if name in wrong.split() else value for name, value in right.items()}
        draws.append(drawn(found, right, draw))

    assert explain(draws).get("claim") == said


def test_what_is_true_of_few_is_not_told():
    """One of four values that happens to be twice what it should be explains nothing."""
    draws = []
    for draw in DRAWS:
        right = {name: matrices(10 * draw + position) for position, name in enumerate("abcd")}
        draws.append(drawn({name: 2 * v if name == "a" else np.cos(v) for name, v in right.items()}, right, draw))

    assert explain(draws) == {}


def test_no_value_is_told():
    """Numbers stand in no sentence, but for axes and the 1 of 1/N."""
    wrongs = (lambda v, N: 1.2345 * v, lambda v, N: v + 6.789, lambda v, N: v + v.sum(), lambda v, N: v / N)
    for wrong in wrongs:
        assert not re.search(r"\d\.|[2-9]", told(wrong))
