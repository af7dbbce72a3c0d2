from numpy import *
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W = zeros((1, X.shape[1]), dtype=int)
    b = zeros(1, dtype=int)
    for k in range(num_epochs):
        s = (y * (X.dot(W.T) + b) < 1)
        gW = W - C * sum(s * y * X, axis=0)
        gb = -C * sum(s * y, axis=0)
        W = W - eta * gW
        b = b - eta * gb
    return [W, b]
def svm_test(W, b, X, y):
    return mean(sign(X.dot(W.T) + b) == y)
