"""The sum inside the bias runs over y_m k(x_m, x_n): the alphas are forgotten.

Hint: Inside `fit_bias` every training point weighs the same. What is subtracted from y_n is f(x_n) without its bias,
and in f each kernel has its alpha beside its label.
Caught: bias 53, trained 62
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    return np.mean(y[support] - kernel_matrix(X[support], X, kernel_params) @ y)
