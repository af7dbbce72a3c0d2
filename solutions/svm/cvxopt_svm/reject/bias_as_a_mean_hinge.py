"""The bias is the mean of 1 - y_n f(x_n), f being taken without its bias: the equation is not divided by the label.

Hint: `fit_bias` averages 1 - y_n g(x_n), where g is f without b. That is y_n b, not b: for a negative example it has the
opposite sign. Solve y_n (g(x_n) + b) = 1 for b, and average that.
Caught: bias 53, trained 62
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    return np.mean(1 - y[support] * (kernel_matrix(X[support], X, kernel_params) @ (alpha * y)))
