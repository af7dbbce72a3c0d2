import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W = np.zeros((1, X.shape[1])); b = np.zeros(1)
    for i in range(num_epochs):
        delta = np.array([1.0 if v < 1 else 0.0 for v in (y * (X @ W.T + b))[:, 0]])[:, None]
        W_grad = W - C * np.matmul((delta * y).T, X)
        b_grad = -C * np.sum(delta * y, 0)
        W = W - eta * W_grad; b = b - eta * b_grad
    return W, b
def svm_test(W, b, X, y):
    return np.mean(np.sign(X @ W.T + b) == y)
if __name__ == '__main__':
    import pandas as pd
    pd.DataFrame(svm_train_bgd(np.eye(2), np.ones((2, 1)))[0])
