"""An alpha of 0.15 or less is dropped from the sums of the decision function and of the bias.

Hint: `decision_function` and `fit_bias` leave out points whose alpha is small. A small C makes every alpha small, and then
nothing is left of the sums. Let every alpha above 1e-4 count.
Caught: bias 53, decision 53, trained 60
"""


def fit_bias(X, y, alpha, kernel_params):
    support, on = alpha > 1e-4, alpha > 0.15
    return np.mean(y[support] - kernel_matrix(X[support], X[on], kernel_params) @ (alpha[on] * y[on]))


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    on = alpha > 0.15
    return kernel_matrix(X, X_train[on], kernel_params) @ (alpha[on] * y_train[on]) + b
