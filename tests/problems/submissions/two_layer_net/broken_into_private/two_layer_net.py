import numpy as np

def _softmax(x):
    x = np.array(x, copy=True)
    x -= np.amax(x, axis=1)[:, None]
    np.exp(x, out=x)
    x /= x.sum(axis=1, keepdims=True)
    return x

def fc_forward(x, w, b):
    out = np.add(np.dot(x, w), np.tile(b, (x.shape[0], 1)))
    return out, (x.copy(), w.copy(), b.copy())

def fc_backward(dout, cache):
    x, w, b = cache
    dx = np.dot(dout, np.transpose(w))
    dw = np.dot(np.transpose(x), dout)
    db = np.dot(np.ones((1, dout.shape[0])), dout).flatten()
    return (dx, dw, db)

def relu_forward(x):
    out = np.zeros(x.shape)
    out[x > 0] = x[x > 0]
    return out, out

def relu_backward(dout, cache):
    out = cache
    return np.multiply(dout, np.int64(out > 0))

def softmax_loss(x, y):
    N = np.size(x, 0)
    p = _softmax(x)
    loss = 0
    for i in range(N):
        loss -= np.log(p[i][y[i]])
    loss /= N
    for i in range(N):
        p[i][y[i]] -= 1
    return loss, np.divide(p, N)

class TwoLayerNet:
    """A two-layer fully-connected neural network."""
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params = {}
        self.input_dim, self.hidden_dim, self.num_classes = input_dim, hidden_dim, num_classes
        for name, shape in [('W1', (input_dim, hidden_dim)), ('b1', hidden_dim), ('W2', (hidden_dim, num_classes)), ('b2', num_classes)]:
            if name[0] == 'W':
                self.params[name] = np.random.normal(0, weight_scale, shape).astype(np.float64)
            else:
                self.params[name] = np.zeros(shape, dtype=np.float64)

    def loss(self, X, y=None):
        X = X.astype(np.float64)
        out = {}
        out['fc1'], c1 = fc_forward(X, self.params['W1'], self.params['b1'])
        out['relu'], c2 = relu_forward(out['fc1'])
        out['fc2'], c3 = fc_forward(out['relu'], self.params['W2'], self.params['b2'])
        scores = out['fc2']
        if y is None:
            return scores
        loss, dx3 = softmax_loss(scores, y)
        dx2, dw2, db2 = fc_backward(dx3, c3)
        dx1 = relu_backward(dx2, c2)
        dx0, dw1, db1 = fc_backward(dx1, c1)
        self.grads = {'W2': dw2, 'b2': db2, 'W1': dw1, 'b1': db1, 'X': dx0}
        return loss, self.grads
