"""The kernel matrix of training points and new points is used the wrong way round.

Hint: `kernel_matrix(X1, X2)` has a row for each row of X1. The sum runs over the training points, so they must be
along the axis that the product sums over.
Caught: decision 2, trained 2
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return kernel_matrix(X_train, X, kernel_params) @ (alpha * y_train) + b
