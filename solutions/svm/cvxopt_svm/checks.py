"""What is claimed of cvxopt_svm: the quadratic program, the bias, the decision function, and the classifier of them."""

import numpy as np

from autograder.authoring import check

KERNELS = {
    "linear": {"kernel": "linear", "degree": 2, "gamma": 0.4, "coef0": 0.6},
    "poly": {"kernel": "poly", "degree": 2, "gamma": 0.7, "coef0": 1.3},
    "rbf": {"kernel": "rbf", "degree": 2, "gamma": 0.4, "coef0": 0.6},
    "sigmoid": {"kernel": "sigmoid", "degree": 2, "gamma": 0.3, "coef0": -0.5},
}
CLASSIFIER = {"C": 2.5, "kernel": "rbf", "gamma": 0.4}


def labelled(rng, n):
    """n points in three dimensions with labels -1.0 and +1.0."""
    return rng.normal(scale=0.7, size=(n, 3)), rng.choice([-1.0, 1.0], size=n)


def program(svm, X, y, C, kernel_params):
    """P, q, G, h, A, b; whole numbers describe a program as well as floats do."""
    return [np.asarray(part) * 1.0 for part in svm.get_qp_params(X, y, C, kernel_params)]


def core_and_ring(rng, n):
    """n points in the plane: one in four in a core, class 1, and the others in the ring around it, class 0."""
    spread = np.arange(n) * 0.6180339887 % 1  # even, whatever n
    y = np.repeat([1, 0], [n // 4, n - n // 4])
    radius = np.where(y == 1, 0.7 * np.sqrt(spread), 1.5 + 2 * spread)
    angle = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * n / (n - n // 4), n)
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + rng.normal(scale=0.03, size=X.shape), y


def mislabelled(y):
    """The labels with every sixth one wrong, the first among them."""
    return np.where(np.arange(len(y)) % 6 == 0, 1 - y, y)


@check(
    points=2,
    expect="same_objective",
    atol=1e-5,
    because="many add up to 1e-5 to P's diagonal, so that rounding leaves it positive definite; alpha stays the same",
)
def objective(svm, rng):
    """`get_qp_params` returns P and q whose ½vᵀPv + qᵀv is smallest where the dual's objective is largest."""
    values = {}
    for name, kernel_params in KERNELS.items():
        values[f"P_{name}"], values[f"q_{name}"], *_ = program(svm, *labelled(rng, 7), 2.5, kernel_params)
    values["P_one_point"], values["q_one_point"], *_ = program(svm, *labelled(rng, 1), 0.5, KERNELS["poly"])
    return values


@check(points=2, expect="same_bounds")
def bounds(svm, rng):
    """`get_qp_params` returns G and h whose Gv ≤ h says 0 ≤ alpha_n ≤ C for every n, in whatever order."""
    values = {}
    for name, n, C in (("", 5, 0.4), ("_large_C", 3, 30.0), ("_one_point", 1, 1.7)):
        X, y = labelled(rng, n)
        _, _, values[f"G{name}"], values[f"h{name}"], _, _ = program(
            svm, X, y, C * rng.uniform(0.8, 1.2), KERNELS["rbf"]
        )
    return values


@check(points=1, expect="same_equality")
def equality(svm, rng):
    """`get_qp_params` returns A and b whose Av = b says that the alphas of the two classes balance."""
    values = {}
    for name, n in (("", 6), ("_one_point", 1)):
        *_, values[f"A{name}"], values[f"b{name}"] = program(svm, *labelled(rng, n), 2.5, KERNELS["linear"])
    return values


@check(points=2, atol=2e-3, because="whether alphas of 1e-4 and less count in f(x_n) is left open, and one is 2e-5")
def bias(svm, rng):
    """`fit_bias` averages the bias over the support vectors, those with alpha_n > 1e-4."""
    values = {}
    for name, kernel_params in KERNELS.items():
        alpha = np.concatenate([[0.0, 2e-5, 4e-4], rng.uniform(0.2, 2.0, size=5)])
        values[f"b_{name}"] = svm.fit_bias(*labelled(rng, 8), alpha, kernel_params)
    alpha = np.array([0.0, 0.8, 0.0, 0.0])
    values["b_one_support_vector"] = svm.fit_bias(*labelled(rng, 4), alpha, KERNELS["rbf"])
    return values


@check(points=2)
def decision(svm, rng):
    """`decision_function` returns f(x) of every row, whether or not it was trained on."""
    values = {}
    for name, kernel_params in KERNELS.items():
        X_train, y_train = labelled(rng, 6)
        alpha = np.concatenate([[0.0, 0.0], rng.uniform(0.2, 2.0, size=4)])
        for key, n in ((f"f_{name}", 4), (f"f_{name}_one_point", 1)):
            X, _ = labelled(rng, n)
            values[key] = svm.decision_function(X, X_train, y_train, rng.normal(), alpha, kernel_params)
    return values


@check(points=1, draws=2, expect="solved", needs=("objective", "bounds", "equality", "bias", "decision"))
def trained(svm, rng):
    """`CVXOPTSVC`, fitted with a sixth of the labels wrong, finds the dual's solution and classifies new points."""
    (X, y), (X_new, _) = core_and_ring(rng, 48), core_and_ring(rng, 300)
    classifier = svm.CVXOPTSVC(**CLASSIFIER)
    classifier.fit(X, mislabelled(y))
    return {"f_train": classifier.decision_function(X), "f_new": classifier.decision_function(X_new)}
