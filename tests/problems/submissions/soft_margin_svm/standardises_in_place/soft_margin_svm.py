import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    X -= X.mean(axis=0)
    W = np.zeros((1, X.shape[1])); b = np.zeros(1)
    for i in range(num_epochs):
        I = y * (X @ W.T + b) < 1
        gw, gb = W - C * (I * y).T @ X, -C * (I * y).sum()
        W = W - eta * gw; b = b - eta * gb
    return W, b
