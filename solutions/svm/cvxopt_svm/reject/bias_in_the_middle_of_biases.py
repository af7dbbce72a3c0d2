"""The bias is the middle between the smallest and the largest of the support vectors' biases.

Hint: Your bias is the middle between the smallest and the largest b that a support vector gives. The mean over all of them
is asked for.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    biases = y[support] - kernel_matrix(X[support], X, kernel_params) @ (alpha * y)
    return (biases.min() + biases.max()) / 2
