"""The dual's linear term goes into q with the sign it has in a maximisation.

Hint: The dual is maximised and the solver minimises, so every term of the objective changes its sign. With your `q`
the best the solver can do is alpha = 0, and then there is no support vector to take the bias from.
Caught: objective 53, trained 61
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    G, h = np.vstack([-np.eye(n), np.eye(n)]), np.concatenate([np.zeros(n), np.full(n, C)])
    return P, np.ones(n), G, h, y[None, :], np.zeros(1)
