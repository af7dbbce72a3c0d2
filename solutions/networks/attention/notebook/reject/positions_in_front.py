"""The new columns stand before X.

Hint: Your new columns come first, so the columns of X have moved to the right. The targets are in the first columns:
append the positions after X.
Caught: with_positions 53
"""


def with_positions(X):
    return np.hstack([np.eye(len(X)), X])
