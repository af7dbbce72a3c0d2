"""When a trained SVM is good enough: recomputed from its W and b, beside what the reference's reach."""

import numpy as np

from autograder.authoring import Code, Finding

from .checks import IRIS_C, NOISE_C, mislabelled

# The algorithm is deterministic: in exact arithmetic a right implementation would end where the reference does.
ALLOWED_OBJECTIVE = 1.02
ALLOWED_ACCURACY_LOSS = 0.14


def separates_irises(found, reference, rng):
    """W and b separate the examples they were trained on, and E is as low as it can be after these epochs."""
    X, y = reference["X"], reference["y"]  # from the reference's own run: a grader has no data/ to read them from
    asked = _accuracy(reference, X, y) - ALLOWED_ACCURACY_LOSS
    accuracy = _accuracy(found, X, y)
    if accuracy < asked:
        message = (
            f"`W` and `b` classify {accuracy:.0%} of the training examples right; expected at least {asked:.0%}; "
            "plot E after 1, 2, 3, ... epochs: it should fall"
        )
        yield Finding(Code.BAD_ON_TRAINING, "W", message)
    yield from _objective_short(found, reference, X, y, IRIS_C)


def outlives_noise(found, reference, rng):
    """W and b are about the direction that the right labels have in common."""
    X, y, X_new, y_new = mislabelled(rng)
    asked = _accuracy(reference, X_new, y_new) - ALLOWED_ACCURACY_LOSS
    accuracy = _accuracy(found, X_new, y_new)
    if accuracy < asked:
        message = (
            f"`W` and `b` classify {accuracy:.0%} of the held-out examples right and {_accuracy(found, X, y):.0%} of "
            f"the training examples; expected at least {asked:.0%} of the held-out; compare, for a small C, how much "
            "each term of E contributes to your gradient"
        )
        yield Finding(Code.BAD_ON_HELD_OUT, "W", message)
    yield from _objective_short(found, reference, X, y, NOISE_C)


def _objective_short(found, reference, X, y, C):
    ratio = _objective(found, X, y, C) / _objective(reference, X, y, C)
    if ratio > ALLOWED_OBJECTIVE:
        message = (
            f"with `W` and `b` the objective E on the training data is {ratio:.3g} times what these epochs reach; "
            f"expected at most {ALLOWED_OBJECTIVE} times; compare each term of your gradient with the same term of E"
        )
        yield Finding(Code.NOT_GOOD_ENOUGH, "W", message)


def _accuracy(run, X, y):
    return np.mean(y * _scores(run, X) > 0)


def _objective(run, X, y, C):
    W = run["W"].astype(np.float64)
    with np.errstate(over="ignore"):  # weights of 1e200 are finite, their squares aren't: a ratio of inf is right
        return 0.5 * np.sum(W**2) + C * np.sum(np.maximum(0, 1 - y * _scores(run, X)))


def _scores(run, X):
    with np.errstate(over="ignore", invalid="ignore"):
        return X.astype(np.float64) @ run["W"].T.astype(np.float64) + run["b"]
