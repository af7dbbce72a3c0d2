"""The two blocks of G stand side by side, not one above the other.

Hint: `G` is wider than alpha is long. Each inequality is a row of `G` with one entry for every alpha, so two families
of inequalities are stacked vertically.
Caught: bounds 52, trained 2
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.hstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
