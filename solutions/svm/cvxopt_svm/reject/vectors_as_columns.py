"""q, h and b are two-dimensional: columns.

Hint: `q`, `h` and `b` are vectors here, with one dimension; only `P`, `G` and `A` are matrices. Leave the reshape out.
Caught: objective 52, bounds 52, equality 52
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones((n, 1)), G, h.reshape(-1, 1), y[None, :], np.zeros((1, 1))
