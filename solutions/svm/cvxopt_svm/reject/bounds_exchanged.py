"""The two blocks of G stand in the other order than those of h: alpha <= 0, and -alpha <= C.

Hint: The rows of `G` and the entries of `h` are not in one order: as they stand they say alpha_n ≤ 0 and alpha_n ≥ -C.
Row by row, `G` and `h` must belong to the same inequality.
Caught: bounds 53, trained 61
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G = np.vstack([np.eye(n), -np.eye(n)])
    return P, -np.ones(n), G, np.concatenate([np.zeros(n), np.full(n, C)]), y[None, :], np.zeros(1)
