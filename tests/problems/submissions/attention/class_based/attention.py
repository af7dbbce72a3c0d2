import numpy as np
class SelfAttention:
    def __init__(self, W_Q, W_K, W_V):
        self.W = dict(Q=W_Q, K=W_K, V=W_V)
    def forward(self, X):
        self.X = X
        self.h = {k: X @ w for k, w in self.W.items()}
        self.scale = np.sqrt(self.h['K'].shape[1])
        self.A = softmax(self.h['Q'] @ self.h['K'].T / self.scale)
        return X + self.A @ self.h['V']
    def backward(self, dZ):
        dS = softmax_backward(dZ @ self.h['V'].T, self.A)
        d = {'Q': dS @ self.h['K'] / self.scale, 'K': dS.T @ self.h['Q'] / self.scale, 'V': self.A.T @ dZ}
        dX = dZ.copy()
        for k in d:
            dX += d[k] @ self.W[k].T
        return dX, self.X.T @ d['Q'], self.X.T @ d['K'], self.X.T @ d['V']
def softmax(S):
    z = S - np.amax(S, axis=1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
def softmax_backward(dA, A):
    g = dA * A
    return g - A * g.sum(axis=1, keepdims=True)
def attention_forward(X, W_Q, W_K, W_V):
    layer = SelfAttention(W_Q, W_K, W_V)
    return layer.forward(X), layer
def attention_backward(dZ, cache):
    return cache.backward(dZ)
