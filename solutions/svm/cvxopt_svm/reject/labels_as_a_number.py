"""`y @ y.T` is meant as the matrix of all products of labels; y has one dimension, so that it is the number n.

Hint: `P` is the kernel matrix times one number. For `y` of shape (n,) `y.T` is `y` again, and `y @ y.T` is a single number,
the sum of the squares. You need the (n, n) matrix that has y_n y_m in row n and column m.
Caught: objective 53, trained 62
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = (y @ y.T) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
