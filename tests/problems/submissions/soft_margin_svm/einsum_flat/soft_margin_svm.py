import numpy as np
import matplotlib.pyplot as plt

def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    t = y.flatten()
    w, b = np.zeros_like(X[0]), 0.
    for epoch in range(num_epochs):
        m = np.einsum('nd,d->n', X, w)
        m += b
        m *= t
        act = (m < 1).astype(X.dtype)
        gw = w - C * np.einsum('n,n,nd->d', act, t, X)
        gb = -C * np.einsum('n,n->', act, t)
        w, b = w - eta*gw, b - eta*gb
    return w[np.newaxis, :], np.atleast_1d(b)

def svm_test(W, b, X, y):
    return ((X.dot(W.T) + b > 0) * 2 - 1 == y).mean()

if __name__ == "__main__":
    d = np.load('data/iris.npz')
    W, b = svm_train_bgd(d['X_train'], d['y_train'])
    plt.plot(W[0]); plt.show()
