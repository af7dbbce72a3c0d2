import numpy as np
from math import exp, log
def fc_forward(x, w, b):
    N, Din = x.shape
    Dout = w.shape[1]
    out = np.zeros((N, Dout))
    for n in range(N):
        for j in range(Dout):
            out[n, j] = sum(x[n, i] * w[i, j] for i in range(Din)) + b[j] if Din < 20 else x[n] @ w[:, j] + b[j]
    return out, [x, w]
def fc_backward(dout, cache):
    x, w = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(w.shape[1])
    for n in range(x.shape[0]):
        dx[n] = w @ dout[n]
        dw += np.outer(x[n], dout[n])
        db += dout[n]
    return dx, dw, db
def relu_forward(x):
    return (abs(x) + x) / 2, (x,)
def relu_backward(dout, cache):
    x, = cache
    dx = np.empty_like(dout)
    for idx in np.ndindex(*x.shape):
        dx[idx] = dout[idx] if x[idx] > 0 else 0.0
    return dx
def softmax_loss(x, y):
    N, C = x.shape
    loss = 0.0
    dx = np.zeros((N, C))
    for n in range(N):
        m = max(x[n])
        e = [exp(v - m) for v in x[n]]
        s = sum(e)
        loss += -(x[n, y[n]] - m - log(s))
        for c in range(C):
            dx[n, c] = (e[c] / s - (c == y[n])) / N
    return loss / N, dx
class TwoLayerNet:
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params = {'W1': weight_scale * np.random.randn(input_dim, hidden_dim), 'b1': np.zeros((hidden_dim,)),
                       'W2': weight_scale * np.random.randn(hidden_dim, num_classes), 'b2': np.zeros((num_classes,))}
    def loss(self, X, y=None):
        a, c1 = fc_forward(X, self.params['W1'], self.params['b1'])
        z, c2 = relu_forward(a)
        s, c3 = fc_forward(z, self.params['W2'], self.params['b2'])
        if y is None: return s
        l, ds = softmax_loss(s, y)
        dz, dW2, db2 = fc_backward(ds, c3)
        _, dW1, db1 = fc_backward(relu_backward(dz, c2), c1)
        return l, dict(W1=dW1, b1=db1, W2=dW2, b2=db2)
