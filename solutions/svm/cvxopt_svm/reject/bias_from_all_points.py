"""The bias is averaged over all training points, support vectors or not.

Hint: Only a support vector can be solved for b: for the others y_n f(x_n) is larger than 1, by an amount nobody knows
before b is known. Take the mean over those with alpha_n > 1e-4.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    return np.mean(y - kernel_matrix(X, X, kernel_params) @ (alpha * y))
