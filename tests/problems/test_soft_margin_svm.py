"""The reference of soft_margin_svm goes down its objective: proven by differences, known optima and symmetries."""

from __future__ import annotations

import inspect
from types import ModuleType

import numpy as np
import pytest
from sklearn.svm import SVC
from specimens import HOME

PROBLEM = "svm/soft_margin_svm"
IRIS = HOME / "data" / "iris.npz"

Labelled = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def svm(page):
    """The reference."""
    return page("soft_margin_svm")


@pytest.fixture(scope="module")
def irises() -> Labelled:
    """The training irises, standardised."""
    with np.load(IRIS) as data:
        X, y = data["X_train"], data["y_train"]
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def overlapping(n: int = 12, d: int = 3) -> Labelled:
    """Examples whose labels have nothing to do with them, so that no margin is everybody's."""
    rng = np.random.default_rng(3)
    return 2 * rng.normal(size=(n, d)) + 0.5, rng.choice([-1.0, 1.0], size=(n, 1))


def objective(theta: np.ndarray, X: np.ndarray, y: np.ndarray, C: float) -> float:
    """E at theta = (w, b), example by example as the text writes it."""
    w, b = theta[:-1], theta[-1]
    losses = [max(0.0, 1 - y_i * (w @ x_i + b)) for x_i, y_i in zip(X, y[:, 0], strict=True)]
    return 0.5 * w @ w + C * sum(losses)


def parameters(svm: ModuleType, X: np.ndarray, y: np.ndarray, **how: float) -> np.ndarray:
    """What was trained, as one vector (w, b)."""
    return np.concatenate([part.ravel() for part in svm.svm_train_bgd(X, y, **how)])


@pytest.mark.parametrize("epoch", [0, 1, 4, 30], ids="after_{}".format)
def test_a_step_is_minus_eta_times_the_gradient_of_the_objective(svm, epoch):
    """Wherever the path has come to, its next step is -η ∇E there, ∇E being had from central differences of E."""
    X, y = overlapping()
    how = {"C": 1.3, "eta": 0.02}
    here = parameters(svm, X, y, num_epochs=epoch, **how)
    step = parameters(svm, X, y, num_epochs=epoch + 1, **how) - here
    h = 1e-6
    gradient = [(objective(here + h * e, X, y, 1.3) - objective(here - h * e, X, y, 1.3)) / (2 * h) for e in np.eye(4)]

    np.testing.assert_allclose(step, -0.02 * np.array(gradient), rtol=1e-6, atol=1e-9)


def test_the_path_starts_from_zero(svm):
    """No epoch, no step: W is a row of zeros and b is zero."""
    W, b = svm.svm_train_bgd(*overlapping(), num_epochs=0)

    assert (W.tolist(), b.tolist()) == ([[0.0, 0.0, 0.0]], [0.0])


def test_the_defaults_are_those_of_the_text(svm):
    """100 epochs, C = 5, η = 0.001."""
    arguments = inspect.signature(svm.svm_train_bgd).parameters
    defaults = {name: argument.default for name, argument in arguments.items() if name not in "Xy"}

    assert defaults == {"num_epochs": 100, "C": 5.0, "eta": 0.001}


def test_two_examples_are_parted_halfway(svm):
    """At -2 and 4, C being large enough, the optimum is known: margins of 1 at both, w = 1/3 and b = -1/3."""
    X, y = np.array([[-2.0], [4.0]]), np.array([[-1.0], [1.0]])
    w, b = parameters(svm, X, y, num_epochs=20_000, C=1.0, eta=1e-3)

    # At a kink a constant step dithers, by about η·C·|x| around the optimum.
    assert (w, b) == (pytest.approx(1 / 3, abs=0.01), pytest.approx(-1 / 3, abs=0.01))


def test_where_every_margin_stays_violated_the_optimum_is_the_sum_of_the_pulls(svm):
    """For a C so small that no margin is reached, ∇E = 0 says w = C Σ y x; equal classes leave b at 0."""
    X, y = overlapping()
    y = np.array([-1.0, 1.0] * 6).reshape(12, 1)
    W, b = svm.svm_train_bgd(X, y, num_epochs=400, C=1e-3, eta=0.1)

    np.testing.assert_allclose(W, 1e-3 * np.sum(y * X, axis=0, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(b, 0, atol=1e-15)


@pytest.mark.parametrize("C", [0.05, 0.5], ids="C_{}".format)
def test_small_steps_lead_to_the_optimum_that_scikit_learn_finds(svm, irises, C):
    """The objective comes within 0.2 % of that of SVC, which solves the dual exactly, and never falls below it."""
    X, y = irises
    exact = SVC(kernel="linear", C=C, tol=1e-9).fit(X, y[:, 0])
    optimum = objective(np.append(exact.coef_[0], exact.intercept_), X, y, C)
    found = objective(parameters(svm, X, y, num_epochs=20_000, C=C, eta=5e-4), X, y, C)

    assert optimum * (1 - 1e-6) <= found <= optimum * 1.002


def test_the_objective_falls_while_steps_are_small(svm, irises):
    """Sampled along the path, E never rises on the way down."""
    X, y = irises
    path = [objective(parameters(svm, X, y, num_epochs=k, C=0.1, eta=1e-3), X, y, 0.1) for k in range(0, 400, 20)]

    assert np.all(np.diff(path) < 0)


@pytest.mark.parametrize(
    "seen_as",
    [
        pytest.param(lambda W, b: (-W, -b, 1, -1), id="labels_flipped"),
        pytest.param(lambda W, b: (-W, b, -1, 1), id="examples_mirrored"),
    ],
)
def test_mirrored_data_give_mirrored_parameters(svm, seen_as):
    """E is the same for (w, b, y) and (-w, -b, -y), and for (w, x) and (-w, -x); so is the path."""
    X, y = overlapping()
    W, b = svm.svm_train_bgd(X, y, num_epochs=40, C=0.7, eta=0.02)
    W_expected, b_expected, side_of_X, side_of_y = seen_as(W, b)
    W_mirrored, b_mirrored = svm.svm_train_bgd(side_of_X * X, side_of_y * y, num_epochs=40, C=0.7, eta=0.02)

    np.testing.assert_allclose(W_mirrored, W_expected, rtol=1e-12)
    np.testing.assert_allclose(b_mirrored, b_expected, rtol=1e-12)


def test_a_rotation_of_the_examples_rotates_the_weights(svm):
    """w enters E by its length and by w·x, so that the path of rotated examples is the rotated path."""
    X, y = overlapping()
    Q = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3))).Q
    W, b = svm.svm_train_bgd(X, y, num_epochs=40, C=0.7, eta=0.02)
    W_rotated, b_rotated = svm.svm_train_bgd(X @ Q.T, y, num_epochs=40, C=0.7, eta=0.02)

    np.testing.assert_allclose(W_rotated, W @ Q.T, rtol=1e-10)
    np.testing.assert_allclose(b_rotated, b, rtol=1e-10)


def test_the_order_of_the_examples_is_of_no_account(svm):
    """Batch descent sums over all examples before it steps."""
    X, y = overlapping()
    order = np.random.default_rng(6).permutation(len(X))
    expected = parameters(svm, X, y, num_epochs=40, C=0.7, eta=0.02)

    np.testing.assert_allclose(
        parameters(svm, X[order], y[order], num_epochs=40, C=0.7, eta=0.02), expected, rtol=1e-10
    )


@pytest.mark.parametrize(
    ("labels", "accuracy"),
    [([-1, -1, 1, 1], 1.0), ([-1, 1, 1, 1], 0.75), ([1, 1, -1, -1], 0.0)],
    ids=["all", "three_of_four", "none"],
)
def test_accuracy_is_the_share_of_examples_on_their_side(svm, labels, accuracy):
    """`svm_test` counts the examples whose score has their label's sign."""
    X, y = np.array([[0.0], [1.0], [3.0], [4.0]]), np.array(labels, dtype=float).reshape(4, 1)

    assert svm.svm_test(np.array([[1.0]]), np.array([-2.0]), X, y) == accuracy


@pytest.mark.parametrize(
    ("factor", "codes"),
    [(1.0, []), (3.0, [60]), (-1.0, [62, 60]), (0.0, [62, 60]), (1e200, [60])],
    ids=["as_trained", "too_long", "reversed", "zero", "astronomic"],
)
def test_a_trained_run_is_judged_by_what_its_parameters_do(svm, expect, irises, factor, codes):
    """`separates_irises` finds parameters that are off in length (60) or direction (62), however large."""
    X, y = irises
    W, b = svm.svm_train_bgd(X, y, num_epochs=500, C=expect.IRIS_C, eta=0.09)
    reference = {"W": W, "b": b, "X": X, "y": y}
    found = {**reference, "W": factor * W, "b": factor * b}

    assert [finding.code for finding in expect.separates_irises(found, reference, None)] == codes


def test_learning_wrong_labels_by_heart_shows_on_held_out_examples(svm, expect):
    """`outlives_noise` finds a C of 10 in place of 0.01: every training example right, the held-out ones not (63)."""
    X, y, _, _ = expect.mislabelled(np.random.default_rng(8))
    keys = ("W", "b")
    reference = dict(zip(keys, svm.svm_train_bgd(X, y, 150, C=expect.NOISE_C, eta=0.05), strict=True))
    by_heart = dict(zip(keys, svm.svm_train_bgd(X, y, 3000, C=10.0, eta=1e-4), strict=True))

    assert svm.svm_test(*by_heart.values(), X, y) == 1.0
    rng = np.random.default_rng(8)
    assert [finding.code for finding in expect.outlives_noise(by_heart, reference, rng)] == [63, 60]
