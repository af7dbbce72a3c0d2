from __future__ import division, print_function
import numpy as np

def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    n, d = np.shape(X)
    W = np.zeros((1, d)); b = np.zeros(1)
    loss_history = []
    for j in range(num_epochs):
        viol = np.where((y * (np.dot(X, W.T) + b)).ravel() < 1)[0]
        Xv, yv = X[viol], y[viol]
        dW = W - C * yv.T.dot(Xv)
        db = - C * yv.sum(axis=0)
        loss_history.append(0.5 * np.linalg.norm(W)**2 + C * np.maximum(0, 1 - y * (X.dot(W.T) + b)).sum())
        W = W - eta * dW
        b = b - eta * db
        if j % 10 == 0:
            print('epoch', j, 'loss', loss_history[-1])
    return W, b

def svm_test(W, b, X, y):
    pred = np.sign(np.dot(X, W.T) + b)
    return float((pred == y).sum()) / y.shape[0]
