"""The weights are a column (D, 1) while training and returned transposed, a view that is not C-contiguous."""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    w, b = np.zeros((X.shape[1], 1)), np.zeros((1,))
    for _ in range(num_epochs):
        slack = np.maximum(0, 1 - y * (X @ w + b))
        counted = np.sign(slack)
        w_gradient = w - C * np.dot(X.T, counted * y)
        b_gradient = -C * (counted * y).sum()
        w = w - eta * w_gradient
        b = b - eta * b_gradient
    return w.T, b
