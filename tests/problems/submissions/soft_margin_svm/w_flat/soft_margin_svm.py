import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    w = np.zeros(X.shape[1]); b = np.zeros(1)
    y = y.ravel()
    for i in range(num_epochs):
        I = y * (X @ w + b) < 1
        gw, gb = w - C * (I * y) @ X, -C * (I * y).sum()
        w = w - eta * gw; b = b - eta * gb
    return w, b
def svm_test(W, b, X, y):
    return np.mean(np.sign(X @ W.T + b) == y)
