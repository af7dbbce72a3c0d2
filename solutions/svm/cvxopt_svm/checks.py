"""What is claimed of cvxopt_svm: the quadratic program, the bias, the decision function, and the classifier of them."""

import numpy as np

from autograder.authoring import check


@check(
    points=2,
    expect="same_objective",
    atol=1e-5,
    because="many add up to 1e-5 to P's diagonal, so that rounding leaves it positive definite; alpha stays the same",
)
def objective(svm, rng):
    """`get_qp_params` returns P and q whose ½vᵀPv + qᵀv is smallest where the dual's objective is largest."""
    X, y = labelled(rng, one_of(rng, 7, 11), one_of(rng, 2, 3))
    values = {}
    for name, size, C, kernel_params in kernels(rng):
        values[f"P_{name}"], values[f"q_{name}"], *_ = program(svm, size * X, y, C, kernel_params)
    values["P_one_point"], values["q_one_point"], *_ = program(svm, *labelled(rng, 1, 1), C, kernel_params)
    return values


@check(points=2, expect="same_bounds")
def bounds(svm, rng):
    """`get_qp_params` returns G and h whose Gv ≤ h says 0 ≤ alpha_n ≤ C for every n, in whatever order."""
    values = {}
    for name, n, low, high in (
        ("", 5, 0.3, 0.9),
        ("_large_C", 3, 2e3, 9e3),
        ("_small_C", 7, 2e-3, 9e-3),
        ("_one_point", 1, 1.2, 90),
    ):
        X, y = labelled(rng, n, 2)
        _, _, values[f"G{name}"], values[f"h{name}"], _, _ = program(svm, X, y, between(rng, low, high), RBF)
    return values


@check(points=1, expect="same_equality")
def equality(svm, rng):
    """`get_qp_params` returns A and b whose Av = b says that the alphas of the two classes balance."""
    values = {}
    for name, n in (("", one_of(rng, 5, 7, 11)), ("_one_point", 1)):
        *_, values[f"A{name}"], values[f"b{name}"] = program(svm, *labelled(rng, n, 3), between(rng, 0.02, 900), RBF)
    return values


@check(points=2)
def bias(svm, rng):
    """`fit_bias` averages the bias over the support vectors, those with alpha_n > 1e-4."""
    X, y = labelled(rng, one_of(rng, 7, 11), one_of(rng, 2, 3))
    values = {}
    for name, size, C, kernel_params in kernels(rng):
        values[f"b_{name}"] = svm.fit_bias(size * X, y, alphas(rng, len(y), C), kernel_params)
    one = np.where(np.arange(len(y)) == some(rng, 0, 6), between(rng, 0.1, 9), 0.0)
    values["b_one_support_vector"] = svm.fit_bias(X, y, one, RBF)
    values["b_all_at_C"] = svm.fit_bias(X, y, np.full(len(y), between(rng, 0.1, 9)), RBF)
    # Whether alphas of 1e-4 and less count in f(x_n) is left open: so far away it makes no difference.
    X[0] += 100
    near = alphas(rng, len(y), between(rng, 0.3, 3))
    near[:2] = 1e-4 - between(rng, 1e-6, 5e-6), 1e-4 + between(rng, 1e-6, 5e-6)
    values["b_near_the_threshold"] = svm.fit_bias(X, y, near, RBF)
    return values


@check(points=2)
def decision(svm, rng):
    """`decision_function` returns f(x) of every row, whether or not it was trained on."""
    X_train, y_train = labelled(rng, one_of(rng, 7, 11), one_of(rng, 2, 3))
    X, _ = labelled(rng, one_of(rng, 5, 13), X_train.shape[1])
    X[0] = X_train[-1]
    values = {}
    for name, size, C, kernel_params in kernels(rng):
        b, alpha = between(rng, 0.8 * C, 1.25 * C), alphas(rng, len(y_train), C)
        for case, rows, bias in ((name, X, b), (f"{name}_one_point", X[1:2], -b)):
            f = svm.decision_function(size * rows, size * X_train, y_train, bias, alpha, kernel_params)
            values[f"f_{case}"] = f
    return values


@check(points=1, draws=2, expect="solved", needs=("objective", "bounds", "equality", "bias", "decision"))
def trained(svm, rng):
    """`CVXOPTSVC`, fitted with a sixth of the labels wrong, finds the dual's solution and classifies new points."""
    parameters, (X, y), (X_new, _) = task(rng)
    classifier = svm.CVXOPTSVC(**parameters)
    classifier.fit(X, y)
    return {"f_train": classifier.decision_function(X), "f_new": classifier.decision_function(X_new)}


RBF = {"kernel": "rbf", "degree": 3, "gamma": 0.37, "coef0": 0.61}


def between(rng, low, high):
    """A number between two others, each order of magnitude as likely as the next: no formula gives it by chance."""
    return low * (high / low) ** rng.random()


def some(rng, low, high):
    """A whole number from low to high, both included."""
    return int(rng.integers(low, high, endpoint=True))


def one_of(rng, *choices):
    """One of the choices, each as likely as the next."""
    return choices[rng.integers(len(choices))]


def kernels(rng):
    """A name, a size for the points, a C and the parameters of each kernel: small sizes and large, no default."""
    offset, ignored = one_of(rng, -1, 1) * between(rng, 1, 1.6), between(rng, 0.5, 0.9)
    for name, size, C, degree, gamma, coef0 in (
        ("linear", between(rng, 8, 20), between(rng, 0.02, 0.1), 3, between(rng, 0.3, 0.9), ignored),
        ("poly", 1.0, between(rng, 0.3, 2), 2, between(rng, 0.1, 0.6), offset),
        ("poly_steep", 1.0, between(rng, 0.3, 2), 5, between(rng, 0.1, 0.6), -offset),
        ("rbf", 1.0, between(rng, 5, 20), 3, between(rng, 1.2, 3), ignored),
        ("rbf_wide", 1.0, between(rng, 0.02, 0.1), 3, between(rng, 0.04, 0.2), ignored),
        ("sigmoid", 1.0, between(rng, 150, 900), 3, between(rng, 0.1, 0.6), -between(rng, 0.2, 0.4)),
    ):
        kernel = name.partition("_")[0]
        yield name, size, C, {"kernel": kernel, "degree": degree, "gamma": gamma, "coef0": coef0}


def labelled(rng, n, D):
    """n points in D dimensions, one of them twice, with labels -1.0 and +1.0, both of them if n > 1."""
    X = rng.normal(scale=0.7, size=(D, n)).T
    X[-1] = X[0]
    positive = some(rng, min(1, n - 1), max(1, n - 1))
    return X, rng.permutation(np.where(np.arange(n) < positive, 1.0, -1.0))


def alphas(rng, n, C):
    """A 0, one just above 1e-4, two at C, and others between, of all sizes."""
    free = np.exp(rng.uniform(np.log(1.1e-4), np.log(C), size=n - 4))
    return np.concatenate([[0.0, 1e-4 + between(rng, 2e-6, 1e-5)], free, [C, C]])


def program(svm, X, y, C, kernel_params):
    """P, q, G, h, A, b; whole numbers describe a program as well as floats do."""
    return [np.asarray(part) * 1.0 for part in svm.get_qp_params(X, y, C, kernel_params)]


def task(rng):
    """A classifier's parameters; the points that it is fitted to, every sixth label wrong; and new ones."""
    parameters = {"C": between(rng, 0.45, 0.55), "kernel": "rbf", "gamma": between(rng, 0.4, 0.5)}
    (X, y), new = core_and_ring(rng, 48), core_and_ring(rng, 140)
    return parameters, (X, np.where(np.arange(48) % 6 == 0, 1 - y, y)), new


def core_and_ring(rng, n):
    """n points in the plane: one in four in a core, class 1, and the others in the ring around it, class 0."""
    spread = np.arange(n) * 0.6180339887 % 1  # even, whatever n
    y = np.repeat([1, 0], [n // 4, n - n // 4])
    radius = np.where(y == 1, 0.7 * np.sqrt(spread), 1.5 + 2 * spread)
    angle = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * n / (n - n // 4), n)
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + rng.normal(scale=0.03, size=X.shape), y


@check(points=1, of="notebook", expect="same_masks")
def support_vectors(notebook, rng):
    """`support_vectors` tells the vectors on the margin from those at the bound C, with one tolerance at both ends."""
    values = {}
    narrow, wide = between(rng, 3e-6, 4e-6), between(rng, 0.3, 0.5)
    # C stays so small that a relative tolerance of 1e-5, which some functions add, changes nothing.
    cases = (("", 1, 20, None, 4), ("_narrow_room", 2e-3, 9e-3, narrow, 1.2), ("_wide_room", 9, 20, wide, 1.2))
    for name, low, high, room, least in cases:
        C, width = between(rng, low, high), room or 1e-4
        ends = width * np.concatenate([[0], rng.uniform(0.1, 0.9, size=some(rng, 1, 3))])
        near = width * rng.uniform(least, 1.4 * least, size=2)
        between_them = rng.uniform(0.4, 0.6, size=some(rng, 1, 3)) * C
        alpha = rng.permutation(np.concatenate([ends, near, between_them, C - near, C - ends]))
        told = notebook.support_vectors(alpha, C, **({"room": room} if room else {}))
        values[f"on_margin{name}"], values[f"at_bound{name}"] = told
    return values
