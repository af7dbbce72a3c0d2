"""The biases of the support vectors are added up and not divided by their number.

Hint: `fit_bias` grows with the number of support vectors. Each of them gives an estimate of the same b; return their mean.
Caught: bias 53, trained 62
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    return np.sum(y[support] - kernel_matrix(X[support], X, kernel_params) @ (alpha * y))
