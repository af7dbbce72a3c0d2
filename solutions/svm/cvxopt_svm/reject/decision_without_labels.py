"""The decision function weighs the kernels with alpha alone.

Hint: An alpha is never negative: it is the label that says to which side a training point pulls. Both belong in the sum.
Caught: decision 53, trained 62
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return kernel_matrix(X, X_train, kernel_params) @ alpha + b
