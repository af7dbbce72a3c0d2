import math
def dot(u, v):
    s = 0.0
    for a, c in zip(u, v):
        s += a * c
    return s
import numpy as np
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    N = len(X); D = len(X[0])
    w = [0.0]*D
    b = 0.0
    for _ in range(num_epochs):
        gw = [wi for wi in w]
        gb = 0.0
        for n in range(N):
            t = y[n][0]
            if t*(dot(w, X[n]) + b) < 1:
                for d in range(D):
                    gw[d] -= C*t*X[n][d]
                gb -= C*t
        w = [wi - eta*gi for wi, gi in zip(w, gw)]
        b = b - eta*gb
    return np.array(w).reshape(1, D), np.array([b])
def svm_test(W, b, X, y):
    c = 0
    for n in range(len(X)):
        if y[n]*(np.dot(W, X[n])+b) > 0: c += 1
    return c/len(X)
