import numpy as np
def fc_forward(x, w, b):
    return x.dot(w) + b.T, (x, w, b, None)
def fc_backward(dout, cache):
    x, w, b, _ = cache
    return dout.dot(w.T), (dout.T.dot(x)).T, dout.sum(axis=0, keepdims=True)[0]
def relu_forward(x):
    out = x.copy(); out *= (out > 0)
    return out, (x, out)
def relu_backward(dout, cache):
    x, out = cache
    m = np.ones_like(x); m[x < 0] = 0
    return m * dout
def softmax_loss(x, y):
    f = x - x.max(axis=1).reshape(x.shape[0], 1)
    loss = (-f[np.arange(x.shape[0]), y] + np.log(np.exp(f).sum(axis=1))).mean()
    dx = np.exp(f) / np.exp(f).sum(axis=1).reshape(x.shape[0], 1)
    dx[np.arange(x.shape[0]), y] += -1
    return loss, dx * (1.0 / x.shape[0])
class TwoLayerNet(object):
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self._params = {
            'W1': np.random.randn(input_dim, hidden_dim) * weight_scale, 'b1': np.zeros(hidden_dim),
            'W2': np.random.randn(hidden_dim, num_classes) * weight_scale, 'b2': np.zeros(num_classes)}
    @property
    def params(self):
        return self._params
    @params.setter
    def params(self, p):
        self._params = p
    def scores(self, X):
        return fc_forward(relu_forward(fc_forward(X, self.params['W1'], self.params['b1'])[0])[0], self.params['W2'], self.params['b2'])[0]
    def __call__(self, X):
        return self.scores(X)
    def loss(self, X, y=None):
        if y is None:
            return self(X)
        a, c1 = fc_forward(X, self.params['W1'], self.params['b1'])
        h, c2 = relu_forward(a)
        s, c3 = fc_forward(h, self.params['W2'], self.params['b2'])
        loss, ds = softmax_loss(s, y)
        dh, dW2, db2 = fc_backward(ds, c3)
        dx, dW1, db1 = fc_backward(relu_backward(dh, c2), c1)
        return (loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2})
