"""A little is added to the diagonal of P, which rounding could leave without a minimum; the solution stays the same."""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params) + 1e-6 * np.eye(n)
    G = np.vstack((-np.eye(n), np.eye(n)))
    h = np.hstack((np.zeros(n), C * np.ones(n)))
    return P, -np.ones(n), G, h, y.reshape(1, n), np.zeros(1)
