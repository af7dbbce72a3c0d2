import numpy as np
def fc_forward(x, w, b):
    return np.einsum('nd,dm->nm', x, w) + b[np.newaxis], {'x': x, 'w': w, 'b': b}
def fc_backward(dout, cache):
    x, w = cache['x'], cache['w']
    return np.einsum('nm,dm->nd', dout, w), np.einsum('nd,nm->dm', x, dout), np.einsum('nm->m', dout)
def relu_forward(x):
    mask = x > 0
    return x * mask, {'mask': mask}
def relu_backward(dout, cache):
    return dout * cache['mask']
def logsumexp(x):
    c = x.max(axis=-1)
    return c + np.log(np.sum(np.exp(x - c[:, np.newaxis]), axis=-1))
def softmax_loss(x, y):
    N, C = x.shape
    onehot = np.eye(C)[y]
    logp = x - logsumexp(x)[:, None]
    loss = -(onehot * logp).sum(axis=1).mean()
    return loss, (np.exp(logp) - onehot) / N
class TwoLayerNet:
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        rng = np.random.default_rng(0)
        self.params = {}
        dims = [input_dim, hidden_dim, num_classes]
        for i in range(2):
            self.params['W%d' % (i + 1)] = rng.normal(scale=weight_scale, size=(dims[i], dims[i + 1]))
            self.params['b%d' % (i + 1)] = np.zeros(dims[i + 1])
    def loss(self, X, y=None):
        p = self.params
        h, cache1 = fc_forward(X, p['W1'], p['b1'])
        h, cache2 = relu_forward(h)
        scores, cache3 = fc_forward(h, p['W2'], p['b2'])
        if y is None:
            return scores
        loss, d = softmax_loss(scores, y)
        d, dW2, db2 = fc_backward(d, cache3)
        d = relu_backward(d, cache2)
        d, dW1, db1 = fc_backward(d, cache1)
        return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}
