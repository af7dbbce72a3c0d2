"""The new columns are the same in every row.

Hint: Your new columns hold the same numbers for every token, so they say nothing of where it stands. Two tokens at
different positions must differ in them.
Caught: with_positions 53
"""


def with_positions(X):
    return np.hstack([X, np.zeros((len(X), len(X)))])
