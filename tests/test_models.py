"""What a problem's page on its trained model says of models that are known to be right, or wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.problem import read_course

COURSE = Path(__file__).resolve().parent.parent
PROBLEMS = {problem.name: problem for assignment in read_course(COURSE) for problem in assignment.problems}


def codes_of(problem, arrays):
    model = problem.model
    found = dict(zip(model.wanted, arrays, strict=True))
    return [finding.code for finding in model.judge(found, problem.data, np.random.default_rng(3))]


def layer(keenness):
    """W_Q, W_K, W_V that fetch what each token points at: the query is the name pointed at, the key the own name."""
    W_Q, W_K, W_V = np.zeros((14, 8)), np.zeros((14, 8)), np.zeros((14, 14))
    W_Q[6:12, :6] = keenness * np.eye(6)
    W_K[:6, :6] = np.eye(6)
    W_V[12:, 12:] = np.eye(2)
    return W_Q, W_K, W_V


@pytest.mark.parametrize(
    ("arrays", "codes"),
    [
        pytest.param(layer(40.0), [], id="looks_where_it_should"),
        pytest.param(layer(0.0), [62], id="looks_everywhere"),
        pytest.param(layer(-40.0), [62], id="looks_away"),
        pytest.param([1e200 * W for W in layer(40.0)], [62], id="overflows"),
        pytest.param([np.zeros((14, 8)), np.zeros((14, 7)), np.zeros((14, 14))], [52], id="shapes"),
        pytest.param([np.float64(1.0)] * 3, [52], id="numbers"),
    ],
)
def test_attention(arrays, codes):
    """Judged by its loss, on its own sequences and on new ones."""
    assert codes_of(PROBLEMS["attention"], arrays) == codes


def network(rng, width):
    """A network whose first layer is random and whose second is the best there is: it needs no descent."""
    with np.load(PROBLEMS["two_layer_net"].data["digits.npz"]) as digits:
        X, y = digits["X"][:4000] / 255, digits["y"][:4000]
    W1, b1 = rng.normal(size=(784, width)) / 9, rng.normal(size=width) / 9
    hidden = np.maximum(X @ W1 + b1, 0)
    W2 = np.linalg.solve(hidden.T @ hidden + 3.0 * np.eye(width), hidden.T @ np.eye(10)[y])
    return W1, b1, W2, np.zeros(10)


@pytest.mark.parametrize(
    ("width", "codes"),
    [pytest.param(1500, [], id="wide"), pytest.param(60, [62], id="narrow")],
)
def test_two_layer_net(width, codes):
    """Judged by the digits it was trained on, and by digits that are in no file."""
    assert codes_of(PROBLEMS["two_layer_net"], network(np.random.default_rng(0), width)) == codes


def test_a_network_that_reads_too_few_new_digits_is_63(monkeypatch):
    """The one above reads between 80 and 99 % of them."""
    problem = PROBLEMS["two_layer_net"]
    monkeypatch.setattr(sys.modules[problem.model.judge.__module__], "UNSEEN", 0.99)

    assert codes_of(problem, network(np.random.default_rng(0), 1500)) == [63]


@pytest.mark.parametrize("arrays", [[np.zeros((784, 5)), np.zeros(5), np.zeros((5, 9)), np.zeros(10)], [np.eye(2)] * 4])
def test_a_network_of_other_shapes_is_52(arrays):
    """It is said, and nothing fails."""
    assert codes_of(PROBLEMS["two_layer_net"], arrays) == [52]


def test_new_digits_are_new_for_each_seed():
    """And the same for the same seed; still pictures of ink on paper."""
    unseen = sys.modules[PROBLEMS["two_layer_net"].model.judge.__module__].unseen
    with np.load(PROBLEMS["two_layer_net"].data["digits.npz"]) as digits:
        X = digits["X"][:50] / 255
    first, again, other = (unseen(X, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first, X)
    assert first.min() >= 0
    assert first.max() <= 1
