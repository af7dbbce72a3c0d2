"""P is made of inner products whatever kernel is asked for.

Hint: `P` is right for the linear kernel and for no other. Take the entries from `kernel_matrix`, which looks at
`kernel_params`.
Caught: objective 53, trained 60
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * (X @ X.T)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
