"""The parameters come in a list, and the examples are multiplied by their labels once, on a copy."""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    pulls = X * y
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        rows = (pulls @ W.T + y * b < 1)[:, 0]
        shrunk = (1 - eta) * W
        W, b = shrunk + eta * C * pulls[rows].sum(axis=0, keepdims=True), b + eta * C * y[rows].sum(axis=0)
    return [W, b]
