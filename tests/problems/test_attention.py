"""The reference of attention is right by what holds of attention: finite differences, symmetries, known limits."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax

from autograder.compare import differences

PROBLEM = "networks/attention"
STEP = 1e-5
# A central difference errs by STEP² times a third derivative, and by rounding over STEP: some 1e-10 each.
BY_DIFFERENCES = {"rtol": 1e-6, "atol": 1e-8}

sizes = pytest.mark.parametrize(
    ("T", "d_model", "d_k"),
    [(5, 4, 3), (3, 4, 7), (1, 4, 3), (5, 4, 1), (4, 1, 3)],
    ids=["more_tokens", "wide_keys", "one_token", "one_key_number", "one_token_number"],
)


@pytest.fixture(scope="module")
def att(page):
    """The reference."""
    return page("attention")


@pytest.fixture
def rng():
    return np.random.default_rng(17)


def layer(rng, T, d_model, d_k):
    """X, W_Q, W_K, W_V."""
    return [rng.normal(size=shape) for shape in ((T, d_model), (d_model, d_k), (d_model, d_k), (d_model, d_model))]


def by_differences(f, x, upstream):
    """The gradient of sum(upstream * f()) by x, entry by entry; f reads x where it lives."""
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        here = x[index]
        x[index] = here + STEP
        above = f()
        x[index] = here - STEP
        gradient[index] = np.sum(upstream * (above - f())) / (2 * STEP)
        x[index] = here
    return gradient


class TestSoftmax:
    @pytest.mark.parametrize("scale", [1.0, 40.0, 1e4], ids=["small", "large", "enormous"])
    def test_equals_scipys(self, att, rng, scale):
        """Each row is the softmax that SciPy computes, whatever the size of the scores."""
        S = scale * rng.normal(size=(6, 5)) + scale * np.arange(6)[:, None]

        np.testing.assert_allclose(att.softmax(S), scipy_softmax(S, axis=1), rtol=1e-12, atol=1e-300)

    @pytest.mark.parametrize(("n", "m"), [(4, 6), (1, 5), (3, 1)], ids=["rows", "one_row", "one_column"])
    def test_backward_is_the_derivative(self, att, rng, n, m):
        """`softmax_backward` agrees with central differences of `softmax`."""
        S, dA = rng.normal(size=(n, m)), rng.normal(size=(n, m))

        expected = by_differences(lambda: att.softmax(S), S, dA)

        np.testing.assert_allclose(att.softmax_backward(dA, att.softmax(S)), expected, **BY_DIFFERENCES)

    def test_backward_sums_to_zero(self, att, rng):
        """A shift of a whole row changes no weight, so the gradient has no part along it."""
        A = rng.dirichlet(np.ones(6), size=4)

        np.testing.assert_allclose(att.softmax_backward(rng.normal(size=(4, 6)), A).sum(axis=1), 0, atol=1e-15)


class TestLayer:
    @sizes
    @pytest.mark.parametrize("which", range(4), ids=["dX", "dW_Q", "dW_K", "dW_V"])
    def test_backward_is_the_derivative(self, att, rng, T, d_model, d_k, which):
        """Each gradient agrees with central differences of the forward pass."""
        arguments = layer(rng, T, d_model, d_k)
        dZ = rng.normal(size=(T, d_model))
        _, cache = att.attention_forward(*arguments)

        expected = by_differences(lambda: att.attention_forward(*arguments)[0], arguments[which], dZ)

        np.testing.assert_allclose(att.attention_backward(dZ, cache)[which], expected, **BY_DIFFERENCES)

    def test_permuted_tokens_permute_everything(self, att, rng):
        """Permuting tokens permutes Z and dX alike, and leaves the weights' gradients as they are."""
        X, *weights = layer(rng, 6, 4, 3)
        dZ, order = rng.normal(size=X.shape), rng.permutation(6)
        Z, cache = att.attention_forward(X, *weights)
        dX, *gradients = att.attention_backward(dZ, cache)

        Z_permuted, cache = att.attention_forward(X[order], *weights)
        dX_permuted, *gradients_permuted = att.attention_backward(dZ[order], cache)

        np.testing.assert_allclose(Z_permuted, Z[order], rtol=1e-12)
        np.testing.assert_allclose(dX_permuted, dX[order], rtol=1e-10, atol=1e-12)
        for found, expected in zip(gradients_permuted, gradients, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)

    def test_queries_of_zero_take_the_mean(self, att, rng):
        """When all scores are equal, each token gets the plain mean of the values."""
        X, W_Q, W_K, W_V = layer(rng, 5, 4, 3)
        Z, _ = att.attention_forward(X, 0 * W_Q, W_K, W_V)

        np.testing.assert_allclose(Z, X + (X @ W_V).mean(axis=0), rtol=1e-12)

    def test_enormous_queries_take_one_value(self, att, rng):
        """When one score is far above the rest, each token gets the value of its best-fitting key."""
        X, W_Q, W_K, W_V = layer(rng, 5, 4, 3)
        best = np.argmax(X @ W_Q @ (X @ W_K).T, axis=1)

        Z, _ = att.attention_forward(X, 1e6 * W_Q, W_K, W_V)

        np.testing.assert_allclose(Z, X + (X @ W_V)[best], rtol=1e-12)

    def test_scale_is_the_root_of_d_k(self, att, rng):
        """Four times as many key numbers, the first repeated, double the scores: as if the queries were doubled."""
        X, W_Q, W_K, W_V = layer(rng, 5, 4, 3)
        repeated, _ = att.attention_forward(X, np.tile(W_Q, 4), np.tile(W_K, 4), W_V)

        doubled, _ = att.attention_forward(X, 2 * W_Q, W_K, W_V)

        np.testing.assert_allclose(repeated, doubled, rtol=1e-12)


class TestPredicate:
    @staticmethod
    def codes(expect, found, reference):
        return [
            finding.code
            for finding in expect.goes_where_right_gradients_lead(found, reference, np.random.default_rng(3))
        ]

    @pytest.mark.parametrize(
        ("changed", "codes"),
        [({}, []), ({"W_V": 1e-9}, []), ({"W_Q": 0.01}, [60]), ({"W_K": 1e200}, [60])],
        ids=["right", "rounded", "elsewhere", "astronomic"],
    )
    def test_judges_where_weights_are(self, att, checks, expect, changed, codes):
        """The reference's weights pass, also when rounded; others don't, however near they are or far."""
        right = checks.learns(att, np.random.default_rng(3))
        found = right | {name: right[name] + by for name, by in changed.items()}

        assert self.codes(expect, found, right) == codes

    def test_reference_learns(self, att, checks, expect):
        """Right gradients teach the layer to look where tokens point, from whatever weights it starts."""
        for seed in range(5):
            found = checks.learns(att, np.random.default_rng(seed))

            assert expect._found(list(checks.pointers(np.random.default_rng(seed))), found) > 0.9


@pytest.mark.parametrize("kept", range(8), ids=["X", "W_Q", "W_K", "W_V", "Q", "K", "V", "A"])
def test_what_is_kept_in_single_precision_is_51_on_each_seed(att, checks, kept):
    """A float32 copy in the cache is told by the gradients, always as what it is: no verdict hangs on the draw."""

    def forward(*arrays):
        Z, cache = att.attention_forward(*arrays)
        return Z, [part.astype(np.float32) if n == kept else part for n, part in enumerate(cache)]

    single = SimpleNamespace(attention_forward=forward, attention_backward=att.attention_backward)
    for seed in range(25):
        found = [
            finding
            for page_check in (checks.value_gradient, checks.query_key_gradients, checks.input_gradient)
            for draw in range(page_check.__check__.draws)
            for mine, right in [[page_check(one, np.random.default_rng([seed, draw])) for one in (single, att)]]
            for finding in differences(mine, right, page_check.__check__)
        ]

        assert {finding.code for finding in found} == {51}
