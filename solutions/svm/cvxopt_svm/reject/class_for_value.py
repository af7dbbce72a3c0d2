"""The decision function returns the class, 0 or 1, instead of f(x).

Hint: `decision_function` returns f(x) itself, whose size says how far from the boundary a point is. Turning its sign
into a class is `predict`'s work, and is written.
Caught: decision 51, trained 51
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    f = kernel_matrix(X, X_train, kernel_params) @ (alpha * y_train) + b
    return np.where(f > 0, 1, 0)
