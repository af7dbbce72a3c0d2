"""The same program with other factors: the objective doubled, each bound divided by C, the equality turned round."""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = 2 * np.diag(y) @ kernel_matrix(X, X, kernel_params) @ np.diag(y)
    q = -2 * np.ones(n)
    G = np.vstack((np.identity(n) / C, -np.identity(n)))
    h = np.hstack((np.ones(n), np.zeros(n)))
    A = -y.reshape(1, -1)
    b = np.zeros(1)
    return P, q, G, h, A, b
