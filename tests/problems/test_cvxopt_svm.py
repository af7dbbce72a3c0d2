"""The reference of cvxopt_svm is the support vector machine: its alpha is optimal, by conditions it doesn't compute."""

from __future__ import annotations

from types import ModuleType

import cvxopt
import numpy as np
import pytest
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC

PROBLEM = "svm/cvxopt_svm"
# The solver stops at a relative gap of 1e-6; f then is right to about its square root.
SOLVER = 2e-3

LINEAR = {"kernel": "linear", "degree": 2, "gamma": 0.6, "coef0": 0.9}
POLY = {"kernel": "poly", "degree": 2, "gamma": 0.6, "coef0": 0.9}
RBF = {"kernel": "rbf", "degree": 2, "gamma": 0.6, "coef0": 0.9}
SIGMOID = {"kernel": "sigmoid", "degree": 2, "gamma": 0.6, "coef0": -0.4}
every_kernel = pytest.mark.parametrize(
    "kernel_params", [LINEAR, POLY, RBF, SIGMOID], ids=["linear", "poly", "rbf", "sigmoid"]
)
# tanh of an inner product is no inner product: its program need not be convex, and there is no optimum to speak of.
every_mercer_kernel = pytest.mark.parametrize("kernel_params", [LINEAR, POLY, RBF], ids=["linear", "poly", "rbf"])


@pytest.fixture(scope="module")
def svm(page):
    """The reference."""
    return page("cvxopt_svm")


def overlapping(n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Two clouds that no straight line parts, with labels 0 and 1."""
    rng = np.random.default_rng(1)
    y = np.arange(n) % 2
    return rng.normal(size=(n, 2)) + 1.2 * y[:, None], y


@every_kernel
def test_kernels_are_those_of_scikit_learn(svm: ModuleType, kernel_params: dict) -> None:
    """`kernel_matrix` equals scikit-learn's pairwise kernels, and `kernel_dot` of paired rows is its diagonal."""
    rng = np.random.default_rng(0)
    X1, X2 = rng.normal(size=(5, 3)), rng.normal(size=(7, 3))
    name, *rest = kernel_params.values()
    K = svm.kernel_matrix(X1, X2, kernel_params)

    expected = pairwise_kernels(
        X1, X2, metric=name, filter_params=True, **dict(zip(("degree", "gamma", "coef0"), rest, strict=True))
    )

    np.testing.assert_allclose(K, expected, rtol=1e-12)
    np.testing.assert_allclose(svm.kernel_dot(X1, X2[:5], kernel_params), np.diag(K[:, :5]), rtol=1e-12)


@every_kernel
def test_program_is_the_dual_negated(svm: ModuleType, kernel_params: dict) -> None:
    """½vᵀPv + qᵀv at any v is minus the dual's double sum, written out."""
    rng = np.random.default_rng(2)
    X, y, v = rng.normal(size=(6, 3)), np.array([1.0, -1, -1, 1, 1, -1]), rng.uniform(size=6)
    P, q, *_ = svm.get_qp_params(X, y, 2.0, kernel_params)

    double_sum = sum(
        v[n] * v[m] * y[n] * y[m] * svm.kernel_dot(X[[n]], X[[m]], kernel_params)[0] for n in range(6) for m in range(6)
    )

    assert v @ P @ v / 2 + q @ v == pytest.approx(-(v.sum() - double_sum / 2))


@pytest.mark.parametrize(
    ("v", "feasible"),
    [
        ([0.0, 0.0, 0.0], True),
        ([1.5, 1.0, 0.5], True),
        ([1.5, 0.0, 1.5], True),
        ([-0.1, 0.0, -0.1], False),
        ([1.6, 1.6, 0.0], False),
        ([1.0, 0.0, 0.5], False),
    ],
    ids=["zero", "inside", "at_C", "negative", "above_C", "unbalanced"],
)
def test_constraints_admit_what_the_dual_admits(svm: ModuleType, v: list[float], feasible: bool) -> None:
    """Gv ≤ h and Av = b hold exactly where 0 ≤ v ≤ C and the classes balance."""
    y = np.array([1.0, -1.0, -1.0])
    _, _, G, h, A, b = svm.get_qp_params(np.eye(3), y, 1.5, LINEAR)

    admitted = (G @ v <= h).all() and np.allclose(A @ v, b)

    assert admitted == feasible


@every_mercer_kernel
def test_solution_satisfies_the_optimality_conditions(svm: ModuleType, kernel_params: dict) -> None:
    """The fitted alpha is feasible, and leaves no gap between the primal objective and the dual's."""
    X, y = overlapping()
    C = 1.7
    classifier = svm.CVXOPTSVC(C=C, **kernel_params).fit(X, y)
    alpha, signs = classifier.alpha_, classifier.y_train_
    g = classifier.decision_function(X) - classifier.b_
    # The bias of the text averages vectors with slack too; the primal's own is the best of its corners.
    hinge = min(np.maximum(0, 1 - signs * (g + b)).sum() for b in signs - g)
    primal = (alpha * signs) @ g / 2 + C * hinge
    dual = alpha.sum() - (alpha * signs) @ g / 2

    assert alpha.min() > -1e-6
    assert alpha.max() < C + 1e-6
    assert alpha @ signs == pytest.approx(0, abs=1e-6)
    assert primal == pytest.approx(dual, rel=1e-5)


@every_mercer_kernel
def test_classifier_is_that_of_scikit_learn(svm: ModuleType, kernel_params: dict) -> None:
    """f without its bias is scikit-learn's, and so is the set of support vectors."""
    X, y = overlapping()
    mine = svm.CVXOPTSVC(C=1.7, **kernel_params).fit(X, y)
    theirs = SVC(C=1.7, tol=1e-8, **kernel_params).fit(X, y)

    difference = (mine.decision_function(X) - mine.b_) - (theirs.decision_function(X) - theirs.intercept_)

    np.testing.assert_allclose(difference, 0, atol=SOLVER)
    assert set(np.flatnonzero(mine.alpha_ > 1e-4)) == set(theirs.support_)


def test_bias_is_that_of_scikit_learn_where_no_margin_is_violated(svm: ModuleType) -> None:
    """With no alpha at C every support vector sits on its margin, and all of them give the same bias."""
    X, y = overlapping()
    mine = svm.CVXOPTSVC(C=1e4, gamma=20.0).fit(X, y)
    theirs = SVC(C=1e4, gamma=20.0, tol=1e-8).fit(X, y)

    assert mine.alpha_.max() < 9e3
    assert mine.b_ == pytest.approx(theirs.intercept_[0], abs=SOLVER)


def test_two_points_have_the_boundary_half_way(svm: ModuleType) -> None:
    """For the points 0 and 4 the widest margin is f(x) = x / 2 - 1, by hand."""
    classifier = svm.CVXOPTSVC(C=10.0, kernel="linear").fit([[0.0], [4.0]], [0, 1])

    np.testing.assert_allclose(classifier.alpha_, [1 / 8, 1 / 8], atol=1e-6)
    np.testing.assert_allclose(classifier.decision_function([[0.0], [2.0], [6.0]]), [-1, 0, 2], atol=1e-5)
    assert list(classifier.predict([[1.0], [3.0]])) == [0, 1]


def test_solver_finds_a_solution_where_its_usual_factorisation_fails(svm: ModuleType) -> None:
    """For these points and the sigmoid kernel cvxopt alone raises `Rank(A) < p or Rank([P; A; G]) < n`."""
    X, y = np.random.default_rng(3).normal(size=(20, 2)), np.arange(20) % 2

    alpha = svm.CVXOPTSVC(C=10.0, kernel="sigmoid", coef0=0.5).fit(X, y).alpha_

    assert alpha @ (2.0 * y - 1) == pytest.approx(0, abs=1e-6)
    assert alpha.min() > -1e-6
    assert 1 < alpha.max() < 10 + 1e-6


@pytest.mark.parametrize("ending", [ArithmeticError(5), "unknown"], ids=["raises", "stops_early"])
def test_solver_is_asked_again_where_it_fails_at_first(svm: ModuleType, monkeypatch, ending) -> None:
    """The factorisation "ldl" is tried however the usual one ends without a solution."""
    qp = cvxopt.solvers.qp

    def failing(*program, kktsolver=None, **how):
        if kktsolver == "ldl":
            return qp(*program, kktsolver=kktsolver, **how)
        if isinstance(ending, Exception):
            raise ending
        return {"status": ending, "x": np.full(2, np.nan)}

    monkeypatch.setattr(cvxopt.solvers, "qp", failing)
    classifier = svm.CVXOPTSVC(C=10.0, kernel="linear").fit([[0.0], [4.0]], [0, 1])

    np.testing.assert_allclose(classifier.alpha_, [1 / 8, 1 / 8], atol=1e-6)


def test_classifier_is_an_estimator_of_scikit_learn(svm: ModuleType) -> None:
    """`get_params` gives back what the constructor took, and `score` is the share of right labels."""
    X, y = overlapping()
    classifier = svm.CVXOPTSVC(C=2.0, kernel="poly", degree=2, gamma=0.5, coef0=1.0)

    assert classifier.get_params() == {"C": 2.0, "kernel": "poly", "degree": 2, "gamma": 0.5, "coef0": 1.0}
    assert classifier.fit(X, y).score(X, y) == np.mean(classifier.predict(X) == y)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda G, h: (G[::-1], h[::-1]), None),
        (lambda G, h: (G * 3, h * 3), None),
        (lambda G, h: (G[::-1], h), 53),
        (lambda G, h: (-G, h), 53),
        (lambda G, h: (-G, -h), 53),
        (lambda G, h: (G * 0, h), 53),
        (lambda G, h: (G, h * 1.001), 53),
    ],
    ids=["reversed", "scaled", "only_G_reversed", "only_G_negated", "negated", "zero", "C_slightly_off"],
)
def test_bounds_are_judged_up_to_the_order_and_scale_of_rows(expect: ModuleType, change, code: int | None) -> None:
    """A row order and positive factors are taste; anything that moves the feasible set is not."""
    G, h = np.vstack([-np.eye(3), np.eye(3)]), np.repeat([0.0, 1.5], 3)
    found = dict(zip(("G", "h"), change(G, h), strict=True))

    codes = {finding.code for finding in expect.same_bounds(found, {"G": G, "h": h}, None)}

    assert codes == ({code} if code else set())


@pytest.mark.parametrize(
    ("P_factor", "q_factor", "right"),
    [(1, 1, True), (3, 3, True), (1, 3, False), (-1, -1, False), (0, 0, False), (1e12, 1e12, False)],
    ids=["same", "both", "only_q", "negated", "zero", "out_of_all_scale"],
)
def test_objective_is_judged_up_to_one_positive_factor(
    expect: ModuleType, P_factor: float, q_factor: float, right: bool
) -> None:
    """The same factor on P and q leaves the minimum where it is; two factors, or a negative one, don't."""
    P, q = np.array([[2.0, -1.0], [-1.0, 3.0]]), -np.ones(2)
    found = {"P_rbf": P * P_factor, "q_rbf": q * q_factor}

    findings = list(expect.same_objective(found, {"P_rbf": P, "q_rbf": q}, None))

    assert (not findings) == right


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda f, labels: f, None),
        (lambda f, labels: f + 0.02, None),
        (lambda f, labels: 2.0 * labels - 1, 60),
        (lambda f, labels: f * 1.5, 60),
        (lambda f, labels: f * 1e300, 60),
        (lambda f, labels: -f, 62),
    ],
    ids=["honest", "bias_nudged", "labels_as_scores", "stretched", "enormous", "negated"],
)
def test_made_up_scores_do_not_pass_for_a_solution(
    svm: ModuleType, expect: ModuleType, checks: ModuleType, forge, code: int | None
) -> None:
    """The loss is recomputed from the scores, so scores that only have the right sign have too large a loss."""
    reference = checks.trained(svm, np.random.default_rng(5))
    _, (_, y), (_, y_new) = checks.task(np.random.default_rng(5))
    found = {"f_train": forge(reference["f_train"], y), "f_new": forge(reference["f_new"], y_new)}

    codes = [finding.code for finding in expect.solved(found, reference, np.random.default_rng(5))]

    assert codes[:1] == ([code] if code else [])


def test_recomputed_loss_is_the_optimum(svm: ModuleType, expect: ModuleType, checks: ModuleType) -> None:
    """The loss found from the reference's scores alone equals the dual's optimum: no classifier has a smaller one."""
    parameters, (X, y), _ = checks.task(np.random.default_rng(5))
    classifier = svm.CVXOPTSVC(**parameters).fit(X, y)
    f = classifier.decision_function(X)
    dual = classifier.alpha_.sum() - (classifier.alpha_ * classifier.y_train_) @ (f - classifier.b_) / 2

    assert expect._loss(f, X, y, parameters) == pytest.approx(dual, rel=1e-5)
