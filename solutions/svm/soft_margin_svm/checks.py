"""What `svm_train_bgd` is tried on: single steps, the edges, whole runs, and data it hasn't seen."""

import numpy as np

from autograder.authoring import check


@check(points=1)
def one_epoch(svm, rng):
    """The first step from zero takes W and b, of shapes (1, D) and (1,), against the gradient of E."""
    X, y = rng.normal(size=(7, 4)), rng.choice([-1.0, 1.0], size=(7, 1))
    W, b = svm.svm_train_bgd(X, y, num_epochs=1, C=1.9, eta=0.01)
    return {"W": W, "b": b}


@check(points=1, needs=("one_epoch",))
def simultaneous(svm, rng):
    """Both gradients are taken at the current W and b, before either is updated."""
    X, y = apart(rng, positive=9, negative=4)
    W, b = svm.svm_train_bgd(X, y, num_epochs=1, C=3.0, eta=0.4)
    return {"W": W, "b": b}


@check(points=1, needs=("one_epoch",))
def shrinkage(svm, rng):
    """While no margin is violated a step still shrinks W, by the same factor every time, and leaves b alone."""
    X, y = apart(rng, positive=3, negative=8)
    W, b = svm.svm_train_bgd(X, y, num_epochs=6, C=1.5, eta=0.1)
    return {"W": W, "b": b}


@check(points=1, needs=("one_epoch",))
def epochs(svm, rng):
    """Many epochs follow the path that num_epochs, C and eta ask for."""
    X, y = 2 * rng.normal(size=(15, 4)) + 1, rng.choice([-1.0, 1.0], size=(15, 1))
    values = {}
    for case, asked in (
        ("", {"num_epochs": 25, "C": 0.7, "eta": 0.047}),
        ("_first_epoch", {"num_epochs": 1, "C": 0.7, "eta": 0.047}),
        ("_default_C", {"num_epochs": 25, "eta": 0.047}),
        ("_default_eta", {"num_epochs": 25, "C": 0.7}),
    ):
        values[f"W{case}"], values[f"b{case}"] = svm.svm_train_bgd(X, y, **asked)
    return values


@check(points=0.5, needs=("one_epoch",))
def defaults(svm, rng):
    """Left out, num_epochs is 100, C is 5 and eta is 0.001."""
    X, y = 2 * rng.normal(size=(13, 2)) + 1, rng.choice([-1.0, 1.0], size=(13, 1))
    W, _ = svm.svm_train_bgd(X, y)
    return {"W": W}


@check(points=0.5, needs=("one_epoch",))
def one_example(svm, rng):
    """A single example, N = 1, is data like any other."""
    X, y = rng.normal(size=(1, 5)), np.array([[-1.0]])
    W, b = svm.svm_train_bgd(X, y, num_epochs=20, C=3.0, eta=0.03)
    return {"W": W, "b": b}


@check(points=0.5, needs=("one_epoch",))
def one_feature(svm, rng):
    """A single feature, D = 1, gives a W of shape (1, 1)."""
    X, y = 2 * rng.normal(size=(11, 1)) - 1, rng.choice([-1.0, 1.0], size=(11, 1))
    W, b = svm.svm_train_bgd(X, y, num_epochs=30, C=0.46, eta=0.05)
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


def apart(rng, positive, negative):
    """Two small clouds far from each other: one good step puts every example beyond its margin."""
    y = rng.permutation([1.0] * positive + [-1.0] * negative).reshape(-1, 1)
    return 3 * y + 0.5 * rng.normal(size=(len(y), 3)), y


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
