"""The sum inside the bias runs over alpha_m k(x_m, x_n): the labels are forgotten.

Hint: `fit_bias` subtracts f(x_n) without its bias, and in f each kernel has its alpha and its label as a factor.
Caught: bias 53, trained 62
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    return np.mean(y[support] - kernel_matrix(X[support], X, kernel_params) @ alpha)
