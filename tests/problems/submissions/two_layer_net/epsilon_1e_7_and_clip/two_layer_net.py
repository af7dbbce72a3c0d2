import numpy as np
def fc_forward(x, w, b):
    xb = np.hstack([x, np.ones((x.shape[0], 1))])
    wb = np.vstack([w, b])
    return xb @ wb, (xb, wb)
def fc_backward(dout, cache):
    xb, wb = cache
    g = xb.T @ dout
    return (dout @ wb.T)[:, :-1], g[:-1], g[-1]
def relu_forward(x):
    return np.clip(x, 0, None), np.sign(x)
def relu_backward(dout, cache):
    return np.where(cache == 1, dout, 0.0)
def softmax_loss(x, y):
    e = np.exp(x - x.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    q = np.clip(p, 1e-7, 1 - 1e-7)
    n = len(y)
    loss = float(-np.log(q[np.arange(n), y]).mean())
    g = p
    np.add.at(g, (np.arange(n), y), -1)
    return loss, g / n
class TwoLayerNet():
    def __init__(self, input_dim=784, hidden_dim=100, num_classes=10, weight_scale=0.001):
        super().__init__()
        self.params = {}
        self.params['W1'] = np.random.standard_normal((input_dim, hidden_dim)) * weight_scale
        self.params['b1'] = 0 * np.random.standard_normal(hidden_dim)
        self.params['W2'] = np.random.standard_normal((num_classes, hidden_dim)).T * weight_scale
        self.params['b2'] = np.zeros(num_classes)
        self.caches = []
    def forward(self, X):
        self.caches = []
        h = X
        for i in (1, 2):
            h, c = fc_forward(h, self.params[f'W{i}'], self.params[f'b{i}'])
            self.caches.append(c)
            if i == 1:
                h, c = relu_forward(h)
                self.caches.append(c)
        return h
    def loss(self, X, y=None):
        s = self.forward(X)
        if y is None:
            return s
        loss, d = softmax_loss(s, y)
        g = {}
        d, g['W2'], g['b2'] = fc_backward(d, self.caches.pop())
        d = relu_backward(d, self.caches.pop())
        d, g['W1'], g['b1'] = fc_backward(d, self.caches.pop())
        return loss, g
