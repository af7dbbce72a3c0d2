"""What a problem's page on its trained model says of models that are known to be right, or wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.svm import SVC

from autograder.course.assignments import read_course

COURSE = Path(__file__).resolve().parents[2]
PROBLEMS = {problem.name: problem for assignment in read_course(COURSE) for problem in assignment.problems}


def page_of(name):
    """The names in a problem's model.py."""
    return SimpleNamespace(**PROBLEMS[name].page.model.judge.__globals__)


def codes_of(problem, arrays):
    model = problem.page.model
    found = dict(zip(model.wanted, arrays, strict=True))
    return [finding.code for finding in model.judge(found, problem.files.data, np.random.default_rng(3))]


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
    with np.load(PROBLEMS["two_layer_net"].files.data["digits.npz"]) as digits:
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
    monkeypatch.setitem(problem.page.model.judge.__globals__, "UNSEEN", 0.99)

    assert codes_of(problem, network(np.random.default_rng(0), 1500)) == [63]


@pytest.mark.parametrize("arrays", [[np.zeros((784, 5)), np.zeros(5), np.zeros((5, 9)), np.zeros(10)], [np.eye(2)] * 4])
def test_a_network_of_other_shapes_is_52(arrays):
    """It is said, and nothing fails."""
    assert codes_of(PROBLEMS["two_layer_net"], arrays) == [52]


def test_new_digits_are_new_for_each_seed():
    """And the same for the same seed; still pictures of ink on paper."""
    unseen = page_of("two_layer_net").unseen
    with np.load(PROBLEMS["two_layer_net"].files.data["digits.npz"]) as digits:
        X = digits["X"][:50] / 255
    first, again, other = (unseen(X, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first, X)
    assert first.min() >= 0
    assert first.max() <= 1


@pytest.fixture(scope="module")
def irises():
    """The centred irises that the notebook trains on, and the reference's hyperplane for them."""
    with np.load(PROBLEMS["soft_margin_svm"].files.data["iris.npz"]) as iris:
        X, y = iris["X_train"] - iris["X_train"].mean(axis=0), iris["y_train"]
    return X, y, *descended(X, y, 1000)


def descended(X, y, epochs):
    """W and b after so many epochs of what the notebook asks for."""
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(epochs):
        missed = 5.0 * y * (y * (X @ W.T + b) < 1)
        W, b = W - 1e-3 * (W - missed.T @ X), b + 1e-3 * missed.sum(axis=0)
    return W, b


# On the right side of nine in ten of the irises it has seen, and of eight in ten of others.
BY_HEART = np.array([[1.86, 3.64, 6.88, -2.58]])


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        pytest.param(lambda X, y, W, b: (W, b), [], id="as_it_should_be"),
        pytest.param(lambda X, y, W, b: (W.astype(np.float32), b[0]), [], id="narrow_and_a_number"),
        pytest.param(lambda X, y, W, b: (0 * W, 0 * b), [62], id="untrained"),
        pytest.param(lambda X, y, W, b: descended(X, -y, 1000), [62], id="labels_flipped"),
        pytest.param(lambda X, y, W, b: (W, b + 4), [62], id="weights_with_another_bias"),
        pytest.param(lambda X, y, W, b: (1e200 * W, -1e300 * W[0, :1]), [62], id="overflows"),
        pytest.param(lambda X, y, W, b: descended(X, y, 100), [60], id="stopped_early"),
        pytest.param(lambda X, y, W, b: descended(X, y, 10), [63], id="stopped_very_early"),
        pytest.param(lambda X, y, W, b: (BY_HEART, np.array([-1.27])), [63], id="by_heart"),
        pytest.param(lambda X, y, W, b: (10 * W, 10 * b), [60], id="ten_times_too_long"),
        pytest.param(lambda X, y, W, b: (W[0], b), [52], id="flat"),
        pytest.param(lambda X, y, W, b: (W, X @ W[0]), [52], id="scores_for_a_bias"),
    ],
)
def test_soft_margin_svm(spoil, codes, irises):
    """Judged by the irises it was trained on, by flowers drawn anew, and by E."""
    assert codes_of(PROBLEMS["soft_margin_svm"], spoil(*irises)) == codes


@pytest.fixture(scope="module")
def circles():
    """The page, and the circles that the notebook fits."""
    page = page_of("cvxopt_svm")
    X, y, _ = page.circles(7, 0)
    return page, X, y


def fitted(page, X, y, C=None, gamma=None):
    """alpha and b, as scikit-learn finds them; b is the optimum's, and not a mean over support vectors."""
    svc = SVC(C=C or page.C, gamma=gamma or page.GAMMA, tol=1e-6).fit(X, y)
    alpha = np.zeros(len(y))
    alpha[svc.support_] = np.abs(svc.dual_coef_[0])
    return alpha, svc.intercept_[0]


def with_mean_bias(page, X, y, shape):
    """The same alpha, and b as the mean over all support vectors."""
    alpha, _ = fitted(page, X, y)
    support = alpha > 1e-4
    return alpha, np.mean((y - page.rbf(X, X) @ (alpha * y))[support]).reshape(shape)


def by_heart(page, X, y):
    """An alpha, below 0 too, with which every training point gets exactly its label."""
    return np.linalg.solve(page.rbf(X, X) + 1e-6 * np.eye(len(y)), y) * y


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        pytest.param(fitted, [], id="as_it_should_be"),
        pytest.param(lambda page, X, y: with_mean_bias(page, X, y, ()), [], id="bias_as_the_problem_asks"),
        pytest.param(lambda page, X, y: with_mean_bias(page, X, y, (1, 1)), [], id="bias_in_an_array"),
        pytest.param(lambda page, X, y: (np.zeros(80), 0.0), [62], id="untrained"),
        pytest.param(lambda page, X, y: fitted(page, X, -y), [62], id="labels_flipped"),
        pytest.param(lambda page, X, y: (np.full(80, page.C), fitted(page, X, y)[1]), [62], id="all_at_the_bound"),
        pytest.param(lambda page, X, y: (np.full(80, 1e308), 0.0), [62], id="overflows"),
        pytest.param(lambda page, X, y: (fitted(page, X, y)[0], 0.0), [63], id="bias_left_out"),
        pytest.param(lambda page, X, y: (by_heart(page, X, y), 0.0), [63], id="by_heart"),
        pytest.param(lambda page, X, y: fitted(page, X, y, gamma=10.0), [63], id="another_kernel"),
        pytest.param(lambda page, X, y: fitted(page, X, y, C=100.0), [60], id="upper_bound_left_out"),
        pytest.param(lambda page, X, y: fitted(page, X, y, C=0.1), [60], id="another_C"),
        pytest.param(lambda page, X, y: (np.zeros((80, 1)), 0.0), [52], id="column"),
        pytest.param(lambda page, X, y: (np.zeros(160), 0.0), [52], id="of_all_points"),
        pytest.param(lambda page, X, y: (np.zeros(80), np.zeros(80)), [52], id="a_bias_for_each"),
    ],
)
def test_cvxopt_svm(spoil, codes, circles):
    """Judged by the circles it was fitted to, by circles drawn anew, and by the primal objective."""
    alpha, b = spoil(*circles)

    assert codes_of(PROBLEMS["cvxopt_svm"], (alpha, np.asarray(b))) == codes


def test_what_no_model_can_be_below():
    """The lowest objectives that two pages state are those of the optimum, as another solver finds it."""
    svm, kernel = (page_of(name) for name in ("soft_margin_svm", "cvxopt_svm"))
    with np.load(PROBLEMS["soft_margin_svm"].files.data["iris.npz"]) as iris:
        X, y = iris["X_train"], iris["y_train"]
    linear = SVC(C=svm.C, kernel="linear", tol=1e-6).fit(X - X.mean(axis=0), y[:, 0])
    E = svm.measured(linear.coef_, linear.intercept_, X, y, (X, y))[2]
    X, y, new = kernel.circles(7, 0)
    primal = kernel.measured(*fitted(kernel, X, y), X, y, new)[2]

    assert pytest.approx(svm.LOWEST, rel=1e-4) == E
    assert pytest.approx(kernel.LOWEST, rel=1e-4) == primal


@pytest.mark.parametrize("name", ["soft_margin_svm", "cvxopt_svm"])
def test_how_far_the_bounds_are_is_measured(name):
    """With few seeds; the script says so if something honest is over a bound."""
    words = [name, "--seeds", "3", "--variants", "1"]
    done = subprocess.run(
        [sys.executable, COURSE / "benchmarks/models.py", *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "reference                     3" in done.stdout
    assert "loops                         1" in done.stdout
