import numpy as np
def gradients(W, b, X, y, C):
    mask = (1 - y * (X @ W.T + b) > 0)
    return W - C * (mask * y).T @ X, -C * (mask * y).sum(0)
def predict(W, b, X):
    return np.sign(X @ W.T + b)
