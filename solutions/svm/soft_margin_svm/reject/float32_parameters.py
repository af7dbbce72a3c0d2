"""Keeps the parameters in float32, whatever the data are in.

Hint: Your parameters are float32 although the data are float64: leave the dtype out where you make them.
Caught: one_epoch 51
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1]), np.float32), np.zeros(1, np.float32)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = (W - eta * W_gradient).astype(np.float32), (b - eta * b_gradient).astype(np.float32)
    return W, b
