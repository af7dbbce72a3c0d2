"""A support vector is one whose alpha is above 1e-4 of the largest.

Hint: Your threshold grows with the largest alpha. The docstring's is the same number for every alpha and C.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4 * alpha.max()
    return np.mean(y[support] - kernel_matrix(X[support], X, kernel_params) @ (alpha * y))
