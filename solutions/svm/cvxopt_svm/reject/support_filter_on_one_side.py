"""The points are filtered to the support vectors, alpha and y are not.

Hint: After `X[alpha > 1e-4]` the kernel matrix has a row and a column for each support vector, but alpha and y still
have one entry for every training point. Filter what you multiply alike, or leave the sum over all points.
Caught: bias 2, trained 2
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    X = X[support]
    return np.mean(y[support] - kernel_matrix(X, X, kernel_params) @ (alpha * y))
