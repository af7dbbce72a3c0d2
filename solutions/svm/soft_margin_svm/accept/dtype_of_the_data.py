"""Everything is kept in the dtype of X: float32 data give float32 parameters, float64 data float64 ones."""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W = np.zeros((1, X.shape[1]), dtype=X.dtype)
    b = np.zeros(1, dtype=X.dtype)
    for _ in range(num_epochs):
        pull = np.where(y * (X @ W.T + b) < 1, y, 0).astype(X.dtype)
        W_step = eta * (W - C * pull.T @ X)
        b_step = eta * C * pull.sum(axis=0)
        W -= W_step
        b += b_step
    return W, b
