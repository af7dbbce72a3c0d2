import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W = np.zeros((1, X.shape[1])); b = np.zeros(1)
    for i in range(num_epochs):
        I = y * (X @ W.T + b) < 1
        W = W - eta * (W - C * (I * y).T @ X)
        I = y * (X @ W.T + b) < 1
        b = b + eta * C * (I * y).sum(0)
    return W, b
def svm_test(W, b, X, y):
    return np.mean(np.sign(X @ W.T + b) == y)
