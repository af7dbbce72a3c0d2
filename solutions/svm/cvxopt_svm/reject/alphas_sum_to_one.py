"""The equality says that the alphas sum to one, as in a mixture, and not that the classes balance.

Hint: `A` and `b` state another equation than the dual's. Which sum over alpha_n y_n does the derivative by the bias
leave behind?
Caught: equality 53, trained 60
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, np.ones((1, n)), np.ones(1)
