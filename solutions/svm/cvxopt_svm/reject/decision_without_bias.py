"""The decision function leaves out the bias.

Hint: `decision_function` returns the sum over the training points and ignores `b`, so the boundary stands where the
sum is 0 and not where f is.
Caught: decision 53, trained 63
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return kernel_matrix(X, X_train, kernel_params) @ (alpha * y_train)
