import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W = np.zeros((1, X.shape[1])); b = np.zeros(1)
    for j in range(1, num_epochs + 1):
        alpha = eta / (1 + (j - 1) * eta)
        I = y * (X @ W.T + b) < 1
        gw, gb = W - C * (I * y).T @ X, -C * (I * y).sum()
        W = W - alpha * gw; b = b - alpha * gb
    return W, b
