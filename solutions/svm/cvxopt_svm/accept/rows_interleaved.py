"""The two inequalities of each point stand next to each other: the text leaves the order of the rows open."""


def get_qp_params(X, y, C, kernel_params):
    N = X.shape[0]
    K = kernel_matrix(X, X, kernel_params)
    P = y[:, np.newaxis] * K * y[np.newaxis, :]
    G = np.repeat(np.eye(N), 2, axis=0)
    G[1::2] *= -1
    h = np.tile([C, 0.0], N)
    return P, np.full(N, -1.0), G, h, np.expand_dims(y, 0), np.zeros((1,))
