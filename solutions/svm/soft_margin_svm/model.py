"""What the hyperplane that the notebook trains on centred irises must be able to do."""

import numpy as np

from autograder.authoring import Code, Finding

WANTED = ("trained[0]", "trained[1]")
C = 5.0

# With the reference, on the notebook's irises: 97.4 % of them on the right side, and 94.9 to 97.5 % of new flowers, in
# 50 draws. Trained on 50 other choices of 76 out of the hundred: at least 94.7 % (median 97.4 %) and 94.5 % (96.4 %).
# The bounds lie 7 and 8 standard deviations below. `python benchmarks/models.py soft_margin_svm` measures it.
TRAINED = 0.90
UNSEEN = 0.90
# No hyperplane has less E on the notebook's irises than the first. The reference comes to 1.003 times that, on other
# irises to 1.009 at most (50 standard deviations); after 100 epochs instead of 1000 it is at 1.15.
LOWEST = 40.7318
E_AT_MOST = 1.1


def trained_model(found, data, rng):
    """The hyperplane parts the irises that it was trained on, and flowers that nobody has measured."""
    W, b = (found[name] for name in WANTED)
    if W.shape != (1, 4) or b.size != 1:
        yield Finding(
            Code.SHAPE,
            WANTED[0],
            f"`trained` is W of shape {W.shape} and b of shape {b.shape}; expected (1, 4) and (1,)",
        )
        return
    with np.load(data["iris.npz"]) as iris:
        X, y = iris["X_train"], iris["y_train"]
        everyone = np.vstack([X, iris["X_test"]]), np.vstack([y, iris["y_test"]])
    seen, unseen, E = measured(W, b, X, y, flowers(*everyone, rng))
    if seen < TRAINED:
        yield Finding(
            Code.BAD_ON_TRAINING,
            WANTED[0],
            f"the hyperplane that your notebook trains on centred irises has {seen:.1%} of them on the right side; "
            f"expected at least {TRAINED:.0%}: get the module's checks to pass, and run all again",
        )
    elif unseen < UNSEEN:
        yield Finding(
            Code.BAD_ON_HELD_OUT,
            WANTED[0],
            f"the hyperplane that your notebook trains on centred irises has {unseen:.1%} of flowers that nobody has "
            f"measured on the right side; expected at least {UNSEEN:.0%}",
        )
    elif not E / LOWEST <= E_AT_MOST:
        yield Finding(
            Code.NOT_GOOD_ENOUGH,
            WANTED[0],
            f"after the notebook's 1000 epochs on centred irises, E is {E:.4g}; expected at most "
            f"{E_AT_MOST * LOWEST:.0f}: the steps lead elsewhere, or don't get there",
        )


def measured(W, b, X, y, new):
    """The shares of training examples and of new ones on the right side, and E; all measured from the mean of X."""
    with np.errstate(all="ignore"):  # finite parameters may be so large that scores are not
        seen, unseen = (labels * ((points - X.mean(axis=0)) @ W.T + b) for points, labels in ((X, y), new))
        return np.mean(seen > 0), np.mean(unseen > 0), 0.5 * np.sum(W**2) + C * np.sum(np.maximum(0, 1 - seen))


def flowers(X, y, rng, count=500):
    """As many new flowers of each kind, drawn from the normal distribution that has their mean and covariance."""
    kinds = (-1.0, 1.0)
    known = [X[y[:, 0] == kind] for kind in kinds]
    drawn = [rng.multivariate_normal(kind.mean(axis=0), np.cov(kind.T), size=count) for kind in known]
    return np.vstack(drawn), np.repeat(kinds, count)[:, np.newaxis]
