"""The equality is read as sum of alpha_n = 0: the labels are forgotten in A.

Hint: `A` states another equation than the dual's, which weighs each alpha with its label. Alphas that are not negative
and sum to nothing are all 0, and then there is no support vector.
Caught: equality 53, trained 61
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, np.ones((1, n)), np.zeros(1)
