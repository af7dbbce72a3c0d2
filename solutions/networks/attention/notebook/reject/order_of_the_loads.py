"""The new columns hold the rank of a token's first load.

Hint: Your new columns depend on what the tokens hold: other loads in the same places give other columns. They must say
where a token stands, and nothing else.
Caught: with_positions 53
"""


def with_positions(X):
    return np.hstack([X, np.eye(len(X))[np.argsort(np.argsort(X[:, 0]))]])
