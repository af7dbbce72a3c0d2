"""P is the kernel matrix itself: the labels are forgotten.

Hint: `P` looks like the kernel matrix alone. In the dual's double sum each kernel stands beside two labels; they change
the sign of the entries whose two points are of different classes.
Caught: objective 53, trained 63
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
