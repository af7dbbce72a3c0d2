"""`kernel_dot` stands where the matrix is needed: x_n meets only itself.

Hint: `kernel_dot` pairs the rows of its arguments and gives one number a row, here k(x_n, x_n). The sum runs over all
m, so every support vector must meet every training point: that is `kernel_matrix`.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    support = alpha > 1e-4
    return np.mean((y - alpha * y * kernel_dot(X, X, kernel_params))[support])
