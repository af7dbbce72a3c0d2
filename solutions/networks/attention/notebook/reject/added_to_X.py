"""The positions are added to X, and no column is appended.

Hint: You add the positions to the numbers in X, so that both are lost in the sum. Append them as columns of their own.
Caught: with_positions 53
"""


def with_positions(X):
    return X + np.arange(len(X))[:, np.newaxis]
