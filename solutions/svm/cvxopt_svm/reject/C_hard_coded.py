"""The upper bound is 1 whatever C is asked for.

Hint: `h` doesn't follow `C`. Its default in the class is 1, and the bound on alpha must change with it.
Caught: bounds 53, trained 60
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.ones(n)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
