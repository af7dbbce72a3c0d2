"""What `svm_train_bgd` is tried on: single steps, the edges, whole runs, and data it hasn't seen."""

import numpy as np

from autograder.authoring import check


@check(points=1)
def one_epoch(svm, rng):
    """The first step from zero takes W and b, of shapes (1, D) and (1,), against the gradient of E."""
    values = {}
    for case, size, C, eta in (
        ("", 0.3, between(rng, 0.2, 9), between(rng, 3e-4, 1e-3)),
        ("_small", between(rng, 2e-4, 2e-3), between(rng, 1e-3, 0.01), between(rng, 1.2, 3)),
    ):
        X, y = labelled(rng)
        values[f"W{case}"], values[f"b{case}"] = svm.svm_train_bgd(size * X, y, num_epochs=1, C=C, eta=eta)
    return values


@check(points=1, needs=("one_epoch",))
def simultaneous(svm, rng):
    """Both gradients are taken at the current W and b, before either is updated."""
    X, y = apart(rng)
    W, b = svm.svm_train_bgd(X, y, num_epochs=1, C=between(rng, 2, 9), eta=between(rng, 0.2, 0.7))
    return {"W": W, "b": b}


@check(points=1, needs=("one_epoch",))
def shrinkage(svm, rng):
    """While no margin is violated a step still shrinks W, by the same factor every time, and leaves b alone."""
    X, y = apart(rng)
    W, b = svm.svm_train_bgd(X, y, num_epochs=some(rng, 5, 9), C=between(rng, 0.2, 0.5), eta=between(rng, 0.06, 0.14))
    return {"W": W, "b": b}


@check(points=1, needs=("one_epoch",))
def epochs(svm, rng):
    """Many epochs follow the path that num_epochs, C and eta ask for."""
    overlapping, separate, size = labelled(rng), apart(rng), between(rng, 60, 900)
    C, eta = between(rng, 0.3, 2), between(rng, 0.03, 0.07)
    values = {}
    for case, (X, y), asked in (
        ("", overlapping, {"num_epochs": some(rng, 19, 25), "C": C, "eta": eta}),
        ("_first_epoch", overlapping, {"num_epochs": 1, "C": C, "eta": eta}),
        ("_default_C", overlapping, {"num_epochs": some(rng, 11, 17), "eta": eta}),
        ("_default_eta", overlapping, {"num_epochs": some(rng, 11, 17), "C": C}),
        ("_tiny_steps", overlapping, {"num_epochs": some(rng, 3, 6), "C": C, "eta": between(rng, 2e-9, 2e-8)}),
        ("_large", (size * separate[0], separate[1]), {"num_epochs": 3, "C": between(rng, 1500, 9000), "eta": eta}),
    ):
        values[f"W{case}"], values[f"b{case}"] = svm.svm_train_bgd(X, y, **asked)
    return values


@check(points=0.5, draws=1, needs=("one_epoch",))
def defaults(svm, rng):
    """Left out, num_epochs is 100, C is 5 and eta is 0.001; a larger num_epochs is followed as well."""
    W, _ = svm.svm_train_bgd(*labelled(rng))
    W_more_epochs, _ = svm.svm_train_bgd(*labelled(rng), num_epochs=some(rng, 102, 108))
    return {"W": W, "W_more_epochs": W_more_epochs}


@check(points=0.5, needs=("one_epoch",))
def one_example(svm, rng):
    """A single example, N = 1, of either class is data like any other."""
    asked = {"num_epochs": some(rng, 12, 15), "C": between(rng, 2, 3), "eta": between(rng, 0.05, 0.07)}
    X, X_other = 0.5 * rng.normal(size=(2, 1, some(rng, 4, 7)))
    values = {}
    for case, x, label in (("", X, -1.0), ("_other_label", X, 1.0), ("_other_example", X_other, 1.0)):
        values[f"W{case}"], values[f"b{case}"] = svm.svm_train_bgd(x, np.array([[label]]), **asked)
    return values


@check(points=0.5, needs=("one_epoch",))
def one_feature(svm, rng):
    """A single feature, D = 1, gives a W of shape (1, 1)."""
    asked = {"num_epochs": some(rng, 17, 27), "C": between(rng, 0.2, 2), "eta": between(rng, 0.02, 0.09)}
    W, b = svm.svm_train_bgd(*labelled(rng, D=1), **asked)
    return {"W": W, "b": b}


@check(points=1, draws=1, expect="separates_irises", needs=("one_epoch",))
def iris(svm, rng):
    """100 epochs on irises, standardised and kept as float32, bring E down and tell the two kinds apart."""
    X, y = irises(rng)
    W, b = svm.svm_train_bgd(X, y, num_epochs=100, C=IRIS_C, eta=0.09)
    return {"W": W, "b": b, "X": X, "y": y}


@check(points=0.5, draws=1, expect="outlives_noise", needs=("one_epoch",))
def label_noise(svm, rng):
    """Where three labels in ten are wrong, a small C keeps 150 epochs from learning them by heart."""
    X, y, _, _ = mislabelled(rng)
    W, b = svm.svm_train_bgd(X, y, num_epochs=150, C=NOISE_C, eta=0.05)
    return {"W": W, "b": b}


IRIS_C, NOISE_C = 0.05, 0.01
# The examples are the same in each draw, and the features another's turn: what a mistake leads to doesn't hang on luck.
IRIS_ROWS, NOISE = 50, 36


def turned(rng, X):
    """X with its features in a random order, each of a random sign: the same problem in other numbers."""
    return X[:, rng.permutation(X.shape[1])] * rng.choice([-1.0, 1.0], size=X.shape[1])


def between(rng, low, high):
    """A number between two others, each order of magnitude as likely as the next: no formula gives it by chance."""
    return low * (high / low) ** rng.random()


def some(rng, low, high):
    """A whole number from low to high, both included."""
    return int(rng.integers(low, high, endpoint=True))


def one_of(rng, *choices):
    """One of the choices, each as likely as the next."""
    return choices[rng.integers(len(choices))]


def labelled(rng, D=None):
    """N examples off the origin, one twice with both labels, in D dimensions; N is odd, so no sum of labels is 0."""
    N, D = one_of(rng, 13, 17, 19, 23), D or one_of(rng, 3, 5, 7)
    X = (2 * rng.normal(size=(D, N)) + one_of(rng, -1, 1) * rng.uniform(0.5, 1.5, size=(D, 1))).T
    y = rng.permutation(np.where(np.arange(N) < some(rng, 2, N - 2), 1.0, -1.0)).reshape(-1, 1)
    X[-1], y[-1] = X[0], -y[0]
    return X, y


def apart(rng):
    """Two small clouds far from each other, one of three or four: a good step puts every example beyond its margin."""
    N, D, few = one_of(rng, 13, 17, 19), one_of(rng, 3, 5, 7), one_of(rng, -1.0, 1.0)
    y = rng.permutation(np.where(np.arange(N) < some(rng, 3, 4), few, -few)).reshape(-1, 1)
    return 3 * y + 0.5 * rng.normal(size=(N, D)), y


def irises(rng):
    """All the training irises of one kind and twenty-four of the other, standardised, as float32."""
    data = np.load("data/iris.npz")
    X, y = data["X_train"], data["y_train"]
    some = np.random.default_rng(IRIS_ROWS).permutation(np.flatnonzero(y < 0))[:24]
    rows = np.append(some, np.flatnonzero(y > 0))
    return turned(rng, (X - X.mean(axis=0)) / X.std(axis=0))[rows].astype(np.float32), y[rows].astype(np.float32)


def mislabelled(rng):
    """Forty examples in thirty dimensions, twelve of them with the wrong label, and 400 more with the right ones."""
    noise = np.random.default_rng(NOISE)
    y = np.tile([[1.0], [-1.0]], (220, 1))
    direction = noise.normal(size=30)
    X = turned(rng, noise.normal(size=(440, 30)) + (3 * y + 2) * direction / np.linalg.norm(direction))
    y[:12] *= -1
    return X[:40], y[:40], X[40:], y[40:]
