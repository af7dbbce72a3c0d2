"""One new column holds the number of the position.

Hint: Your new columns put the positions in a row on one line. A query is compared with a key by a scalar product, and
along a line this is largest at the first or the last position, never at one between them.
Caught: with_positions 53
"""


def with_positions(X):
    return np.hstack([X, np.arange(len(X))[:, np.newaxis]])
