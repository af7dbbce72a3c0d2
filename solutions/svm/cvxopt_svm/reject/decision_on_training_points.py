"""The decision function is evaluated on the points it was trained on, not on those it is asked about.

Hint: `decision_function` returns one value for each training point, and needs one for each row of `X`. Look at which
points the kernel pairs.
Caught: decision 52, trained 52
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return kernel_matrix(X_train, X_train, kernel_params) @ (alpha * y_train) + b
