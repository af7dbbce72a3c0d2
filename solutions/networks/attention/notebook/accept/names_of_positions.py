"""The ones stand in another column for each position, and the number of tokens is the notebook's."""


def with_positions(X):
    return np.c_[X, 3 * np.eye(6)[::-1]]
