"""Every alpha above zero counts as a support vector: with this solver, all of them.

Hint: The solver stops close to the bounds and never on them, so `alpha > 0` is true of every point. Compare with the
threshold that the docstring gives.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 0
    return np.mean(y[support] - kernel_matrix(X[support], X, kernel_params) @ (alpha * y))
