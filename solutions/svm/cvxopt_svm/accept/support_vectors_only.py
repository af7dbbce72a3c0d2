"""Only the support vectors enter the sums: what an alpha of 1e-4 or less adds is within the solver's accuracy."""


def fit_bias(X, y, alpha, kernel_params):
    indices = np.where(alpha > 1e-4)[0]
    X_sv, y_sv, alpha_sv = X[indices], y[indices], alpha[indices]
    K = kernel_matrix(X_sv, X_sv, kernel_params)
    b = 0
    for i in range(len(indices)):
        b += y_sv[i] - np.sum(alpha_sv * y_sv * K[:, i])
    return float(b / len(indices))


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    sv = alpha > 1e-4
    K = kernel_matrix(X_train[sv], X, kernel_params)
    return np.einsum("m,m,mn->n", alpha[sv], y_train[sv], K) + b
