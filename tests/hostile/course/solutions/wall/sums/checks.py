"""Three claims: an attack on one of them leaves the others to an honest function."""

import colorsys

import numpy as np

from autograder.authoring import check


@check(points=1, draws=1)
def doubled(sums, rng):
    """`doubled` returns twice its argument."""
    assert colorsys.__name__ == "colorsys"
    return {"out": sums.doubled(rng.normal(size=(4, 3)))}


@check(points=1, draws=2)
def totalled(sums, rng):
    """`totalled` returns the sum of all entries."""
    return {"total": sums.totalled(rng.normal(size=(3, 5)))}


@check(points=1, draws=1)
def parts(sums, rng):
    """`parts` returns the smallest and the largest entry of each column."""
    import sched  # as libraries do with what they seldom need

    assert sched.__name__ == "sched"
    return sums.parts(rng.normal(size=(6, 2)) + np.load("data/offsets.npz")["offsets"])
