"""The labels are taken for 0 and 1 and mapped to -1 and +1, which they are already.

Hint: `y` comes in as -1 and +1; the class has mapped the 0 and 1 it was fitted with. Another `2 * y - 1` makes -3 of
one class, and `P` and `A` show it.
Caught: objective 53, equality 53, trained 60
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    y = 2 * y - 1
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, -np.ones(n), G, h, y[None, :], np.zeros(1)
