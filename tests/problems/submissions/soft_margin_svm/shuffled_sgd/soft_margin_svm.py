import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    N, D = X.shape
    W = np.zeros((1, D)); b = np.zeros(1)
    for j in range(num_epochs):
        for i in np.random.permutation(N):
            gW, gb = W / N, np.zeros(1)
            if y[i, 0] * (X[i] @ W[0] + b[0]) < 1:
                gW = gW - C * y[i, 0] * X[i]
                gb = gb - C * y[i, 0]
            W = W - eta * gW; b = b - eta * gb
    return W, b
