"""The bias comes from the first support vector alone.

Hint: One support vector's bias is off by its slack when its alpha is at C, and by the solver's error in any case.
Average over all of them.
Caught: bias 53, trained 62
"""


def fit_bias(X, y, alpha, kernel_params):
    n = np.flatnonzero(alpha > 1e-4)[0]
    return y[n] - kernel_matrix(X[n : n + 1], X, kernel_params)[0] @ (alpha * y)
