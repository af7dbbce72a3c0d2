"""What is equally right: a program with the same solution, and a classifier as good as the dual's solution."""

import numpy as np

from autograder.authoring import Code, Finding
from autograder.compare import differences

from .checks import equality, objective, task

# The classifier of the dual's solution is unique: a right submission classifies as the reference does, but for points
# that f puts within the solver's accuracy of 0, and its loss is larger by the solver's relative gap, 1e-6, at most.
# What is asked leaves room for much more, and no luck is in it: there is no false alarm to bound.
TRAINING_SHORT = 0.15
NEW_SHORT = 0.06
LOSS_ABOVE = 1.01


def same_objective(found, reference, rng):
    """P and q are the dual's, up to one positive factor on both: it doesn't move the minimum."""
    scaled = {}
    for q in [name for name in reference if name.startswith("q_")]:
        P = q.replace("q_", "P_")
        factor = _factor(max(-found[q].mean(), 0.0))
        scaled |= {P: found[P] / factor, q: found[q] / factor}
    yield from differences(scaled, reference, objective.__check__)


def _factor(factor):
    """A factor to divide by, or 1 where it is so far from 1 that the solver's absolute tolerances would bite."""
    return np.where((np.abs(factor) > 1e-6) & (np.abs(factor) < 1e6), factor, 1.0)


def same_equality(found, reference, rng):
    """A and b are the dual's, up to one factor on both: it doesn't change who satisfies the equation."""
    scaled = {}
    for A in [name for name in reference if name.startswith("A")]:
        b = A.replace("A", "b")
        factor = _factor(found[A][0, 0] / reference[A][0, 0])
        scaled |= {A: found[A] / factor, b: found[b] / factor}
    yield from differences(scaled, reference, equality.__check__)


def same_bounds(found, reference, rng):
    """G and h are the dual's, up to the order of the rows and a positive factor on each."""
    for G in [name for name in reference if name.startswith("G")]:
        h = G.replace("G", "h")
        nothing = np.zeros_like(reference[h])
        if not _same_rows(found[G], nothing, reference[G], nothing):
            yield Finding(
                Code.VALUES,
                G,
                f"the rows of `{G}` are not those of 0 ≤ v ≤ C; write the two families of inequalities as `≤` rows",
            )
        elif not _same_rows(found[G], found[h], reference[G], reference[h]):
            yield Finding(
                Code.VALUES,
                h,
                f"`{h}` bounds some row of `{G}` by another number than 0 ≤ v ≤ C does; go through both row by row",
            )


def _same_rows(G, h, right_G, right_h):
    return np.allclose(_rows(G, h), _rows(right_G, right_h), rtol=1e-6, atol=1e-9)


def _rows(G, h):
    """The inequalities as rows (g, h), the largest entry of g being 1 in size, in an order of their own."""
    rows = np.column_stack([G, h]) / _factor(np.abs(G).max(axis=1))[:, None]
    return rows[np.lexsort(rows.round(6).T)]


def solved(found, reference, rng):
    """The classifier's loss is the smallest there is, and it classifies what it has seen and what it hasn't."""
    parameters, (X, y), (_, y_new) = task(rng)
    for code, name, labels, which, short in (
        (Code.BAD_ON_TRAINING, "f_train", y, "training", TRAINING_SHORT),
        (Code.BAD_ON_HELD_OUT, "f_new", y_new, "new", NEW_SHORT),
    ):
        accuracy = np.mean((found[name] > 0) == labels)
        asked = np.mean((reference[name] > 0) == labels) - short
        if accuracy < asked:
            message = (
                f"the fitted classifier puts {accuracy:.0%} of the {which} points on the right side; "
                f"expected at least {asked:.0%}: get the checks above to pass first"
            )
            yield Finding(code, name, message)
    with np.errstate(all="ignore"):
        ratio = _loss(found["f_train"], X, y, parameters) / _loss(reference["f_train"], X, y, parameters)
    if not ratio <= LOSS_ABOVE:  # NaN, which values beyond all measure lead to, is no loss that will do
        message = (
            f"the fitted classifier's loss ½‖w‖² + C Σ hinge is {ratio:.3g} times the smallest there is; expected at "
            f"most {LOSS_ABOVE} times: get the checks above to pass first"
        )
        yield Finding(Code.NOT_GOOD_ENOUGH, "f_train", message)


def _loss(f, X, y, parameters):
    """The primal objective of the smoothest function with values f on X, at the bias that suits it best.

    w is found from f alone: f = K beta + b, where sum(beta) = 0 picks the b that leaves w shortest.
    """
    y = 2.0 * y - 1.0
    squared_distance = np.sum((X[:, None] - X[None]) ** 2, axis=2)
    # The ridge keeps two points that nearly coincide from blowing up what is rounding in f.
    K = np.exp(-parameters["gamma"] * squared_distance) + 1e-9 * np.eye(len(y))
    of_f, of_one = np.linalg.solve(K, np.column_stack([f, np.ones_like(y)])).T
    beta = of_f - of_f.sum() / of_one.sum() * of_one
    g = K @ beta
    # The loss is piecewise linear in b, with its corners where a point meets its margin.
    corners = y - g
    hinge = np.maximum(0, 1 - y * (g + corners[:, None])).sum(axis=1).min()
    return beta @ g / 2 + parameters["C"] * hinge


def same_masks(found, reference, rng):
    """The masks of the notebook's `support_vectors` mark the same points as the reference's."""
    for name, right in reference.items():
        more, fewer = np.sum(found[name] & ~right), np.sum(right & ~found[name])
        if more or fewer:
            message = f"`{name}` is wrong: {more} too many, {fewer} missing; try it on one alpha of each kind"
            yield Finding(Code.VALUES, name, message)
