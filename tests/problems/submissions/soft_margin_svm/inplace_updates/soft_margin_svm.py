import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    N, D = X.shape
    W = np.zeros((1, D))
    b = np.zeros((1,))
    gw = np.empty_like(W)
    for _ in range(num_epochs):
        gw[:] = W
        gb = 0
        for i in range(N):
            xi = X[i:i+1, :]
            if float((y[i] * (np.dot(xi, W.T) + b)).item()) < 1:
                gw -= C * y[i] * xi
                gb -= C * y[i]
        W -= eta * gw
        b -= eta * gb
    return W, b
def svm_test(W, b, X, y):
    return np.mean(np.sign(X @ W.T + b) == y)
