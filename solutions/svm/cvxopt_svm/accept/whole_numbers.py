"""q, G, A and b hold integers, as np.eye(n, dtype=int) or y.astype(int) give them: they describe the same program."""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    identity = np.eye(n, dtype=int)
    h = np.append(np.zeros(n), C * np.ones(n))
    return P, np.array([-1] * n), np.append(-identity, identity, axis=0), h, y.astype(int)[None], np.array([0])
