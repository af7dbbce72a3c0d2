"""The decision function drops every alpha of 0.01 or less.

Hint: `decision_function` leaves out support vectors whose alpha is small. A small C makes every alpha small, and then
nothing is left of the sum but b. Let every alpha above 1e-4 count.
Caught: decision 53
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    on = alpha > 1e-2
    return kernel_matrix(X, X_train[on], kernel_params) @ (alpha[on] * y_train[on]) + b
