"""A is the labels as a column: n equations instead of one.

Hint: `A` needs a row for each equation and a column for each alpha. There is one equation, so `A` is a matrix of one
row; yours is its transpose.
Caught: equality 52, trained 2
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[:, None], np.zeros(1)
