"""Only support vectors below the largest alpha give the bias, or all of them if there is none below.

Hint: Your mean is over the support vectors whose alpha is below the largest. The docstring counts those with alpha_n = C as
well.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    free = support & (alpha < alpha.max())
    some = free if free.any() else support
    return np.mean(y[some] - kernel_matrix(X[some], X, kernel_params) @ (alpha * y))
