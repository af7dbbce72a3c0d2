"""An alpha of exactly 1e-4 counts too, which no solver gives, and sums leave out what is below a tenth of that."""


def fit_bias(X, y, alpha, kernel_params):
    (support,) = np.nonzero(alpha >= 1e-4)
    (counted,) = np.nonzero(alpha > 1e-5)
    K = kernel_matrix(X, X, kernel_params)
    return float(np.average([y[n] - K[n, counted] @ (y * alpha)[counted] for n in support]))


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    (counted,) = np.nonzero(alpha > 1e-5)
    return b + (alpha * y_train)[counted] @ kernel_matrix(X_train[counted], X, kernel_params)
