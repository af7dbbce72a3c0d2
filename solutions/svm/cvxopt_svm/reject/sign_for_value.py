"""The decision function returns the sign of f(x).

Hint: `decision_function` returns f(x) itself, whose size says how far from the boundary a point is. Turning its sign
into a class is `predict`'s work, and is written.
Caught: decision 53, trained 60
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return np.sign(kernel_matrix(X, X_train, kernel_params) @ (alpha * y_train) + b)
