import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    Xm = np.matrix(X); ym = np.matrix(y)
    W = np.matrix(np.zeros((1, Xm.shape[1])))
    b = 0.0
    for j in range(num_epochs):
        m = np.multiply(ym, Xm * W.T + b)
        yi = np.multiply(ym, m < 1)
        Wg = W - C * (yi.T * Xm)
        bg = -C * yi.sum()
        W = W - eta * Wg
        b = b - eta * bg
    return W, np.asarray([b])
def svm_test(W, b, X, y):
    return np.mean(np.sign(X @ W.T + b) == y)
