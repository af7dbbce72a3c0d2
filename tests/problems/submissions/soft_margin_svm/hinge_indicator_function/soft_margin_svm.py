import numpy as np
def indicator(z):
    return np.heaviside(1 - z, 0)
class SVM(object):
    """keeps state"""
    def __init__(self, C, eta):
        self.C, self.eta = C, eta
        self.history = []
    def grad(self, X, y):
        z = y * (X @ self.w + self.b)
        i = indicator(z)
        return self.w - self.C * X.T @ (i * y), -self.C * (i * y).sum()
    def fit(self, X, y, T):
        self.w = np.zeros((X.shape[1], 1)); self.b = 0.0
        for t in range(T):
            dw, db = self.grad(X, y)
            self.w -= self.eta * dw
            self.b -= self.eta * db
            self.history.append((dw, db))
        return self
def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    m = SVM(C, eta).fit(X, y, num_epochs)
    return m.w.T, np.array([m.b])
def svm_test(W, b, X, y):
    return np.count_nonzero((X @ W.T + b) * y > 0) / X.shape[0]
