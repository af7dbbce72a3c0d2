"""G and h say only that alpha is at most C.

Hint: `G` and `h` hold n inequalities and need 2n: they say alpha_n ≤ C for every n, and the dual also asks for alpha_n ≥ 0.
Without it there is nothing that keeps an alpha from becoming negative.
Caught: bounds 52
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.eye(n), np.full(n, C)
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
