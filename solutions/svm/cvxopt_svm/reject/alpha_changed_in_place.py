"""alpha is multiplied by the labels in place, so the caller's alpha has signs afterwards.

Hint: `alpha *= y` changes the array that the caller passed, and the class asks for the same alpha again: every second
call of `decision_function` is wrong. Make a new array of the product.
Caught: decision 55, trained 63
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    alpha *= y_train
    return kernel_matrix(X, X_train, kernel_params) @ alpha + b
