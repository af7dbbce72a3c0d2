"""Sums written as loops over pairs of points, as the formulas stand, with `kernel_dot` on one pair at a time."""


def get_qp_params(X, y, C, kernel_params):
    n = X.shape[0]
    P, G = np.zeros((n, n)), np.zeros((2 * n, n))
    q, h = np.zeros(n), np.zeros(2 * n)
    for i in range(n):
        for j in range(n):
            P[i, j] = y[i] * y[j] * kernel_dot(X[i : i + 1], X[j : j + 1], kernel_params)[0]
        q[i] = -1
        G[i, i], h[i] = -1, 0
        G[n + i, i], h[n + i] = 1, C
    return P, q, G, h, y.reshape(1, n).copy(), np.array([0.0])


def fit_bias(X, y, alpha, kernel_params):
    biases = []
    for n in range(len(X)):
        if alpha[n] > 1e-4:
            total = 0.0
            for m in range(len(X)):
                total += alpha[m] * y[m] * kernel_dot(X[m : m + 1], X[n : n + 1], kernel_params)[0]
            biases.append(y[n] - total)
    return sum(biases) / len(biases)


def decision_function(X, X_train, y_train, b, alpha, kernel_params):
    f = np.zeros(X.shape[0])
    for i in range(X.shape[0]):
        for m in range(X_train.shape[0]):
            k = kernel_dot(X_train[m : m + 1], X[i : i + 1], kernel_params)
            f[i] += alpha[m] * y_train[m] * k[0]
        f[i] += b
    return f
