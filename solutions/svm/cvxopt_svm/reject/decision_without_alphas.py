"""The sum inside the decision function runs over y_m k(x_m, x): the alphas are forgotten.

Hint: `decision_function` lets every training point weigh the same. A point counts as much as its alpha says, and most
alphas are 0: each kernel has its alpha beside its label.
Caught: decision 53, trained 60
"""


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    return kernel_matrix(X, X_train, kernel_params) @ y_train + b
