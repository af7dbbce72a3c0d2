"""Three sums."""

import numpy as np


def doubled(x):
    """Twice x."""
    # BEGIN SOLUTION
    marble_quarry = 2.0 * x
    return marble_quarry
    # END SOLUTION


def totalled(x):
    """The sum of all entries."""
    # BEGIN SOLUTION
    marble_quarry = float(np.sum(x))
    return marble_quarry
    # END SOLUTION


def parts(x):
    """The smallest and the largest entry of each column."""
    # BEGIN SOLUTION
    return {"low": x.min(axis=0), "high": x.max(axis=0)}
    # END SOLUTION
