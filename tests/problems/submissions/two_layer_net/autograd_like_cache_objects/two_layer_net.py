import numpy as np
from collections import namedtuple, defaultdict
FCCache = namedtuple('FCCache', 'x w b')
class Box: pass
def fc_forward(x, w, b):
    """Y = XW + B"""
    B = np.broadcast_to(b, (x.shape[0], b.shape[0]))
    return x @ w + B, FCCache(x, w, b)
def fc_backward(dout, cache):
    dx = (cache.w @ dout[:, :, None])[:, :, 0]
    dw = (cache.x[:, :, None] * dout[:, None, :]).sum(axis=0)
    db = dout.sum(axis=0).reshape(cache.b.shape)
    return dx, dw, db
def relu_forward(x):
    c = Box(); c.x = x
    return x.clip(min=0), c
def relu_backward(dout, cache):
    return dout * (cache.x > 0).astype('float32')
def softmax_loss(x, y):
    z = x - np.max(x, axis=-1, keepdims=True)
    s = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    T = (np.arange(x.shape[1])[None, :] == y[:, None])
    loss = -np.log(s[T]).mean()
    return loss, (s - T) / len(x)
class TwoLayerNet:
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3, *args, **kwargs):
        self.params = defaultdict(lambda: None)
        self.params['W1'] = weight_scale * np.random.default_rng().standard_normal((input_dim, hidden_dim))
        self.params['b1'] = np.zeros(hidden_dim)
        self.params['W2'] = weight_scale * np.random.default_rng().standard_normal((hidden_dim, num_classes))
        self.params['b2'] = np.zeros(num_classes)
    def loss(self, X, y=None):
        h, c1 = fc_forward(X, self.params['W1'], self.params['b1'])
        r, c2 = relu_forward(h)
        s, c3 = fc_forward(r, self.params['W2'], self.params['b2'])
        print('scores', s.shape, end='\r')
        if y is None:
            return s
        grads = defaultdict(int)
        loss, ds = softmax_loss(s, y)
        dr, w2, b2 = fc_backward(ds, c3)
        grads['W2'] += w2; grads['b2'] += b2
        _, w1, b1 = fc_backward(relu_backward(dr, c2), c1)
        grads['W1'] += w1; grads['b1'] += b1
        return loss, grads
