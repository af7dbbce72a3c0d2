"""Only an alpha above 1e-3 makes a support vector.

Hint: Your mean leaves out some support vectors: those with a small alpha. Compare with the threshold that the docstring
gives.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-3
    return np.mean(y[support] - kernel_matrix(X[support], X, kernel_params) @ (alpha * y))
