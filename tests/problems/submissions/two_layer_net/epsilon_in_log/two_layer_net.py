import numpy as np
def fc_forward(x, w, b):
    N = x.shape[0]
    out = np.matmul(np.reshape(x, (N, -1)), w)
    out += b
    return out, (x, w, b)
def fc_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = np.reshape(np.matmul(dout, w.T), x.shape)
    dw = np.matmul(x.reshape(N, -1).T, dout)
    db = np.ones(N) @ dout
    return dx, dw, db
def relu_forward(x):
    out = x.copy()
    out[out < 0] = 0
    return out, x
def relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] = 0
    return dx
def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1).reshape(-1, 1)
    p = np.exp(shifted) / np.sum(np.exp(shifted), axis=1).reshape(-1, 1)
    t = np.zeros_like(x)
    t[range(len(y)), y] = 1
    loss = -np.mean(np.sum(t * np.log(p + 1e-8), axis=1))
    return loss, (p - t) / x.shape[0]
class TwoLayerNet:
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, seed=None):
        if seed is not None:
            np.random.seed(seed)
        self.reg = reg
        self.params = dict()
        self.params["W1"] = np.random.normal(loc=0.0, scale=weight_scale, size=input_dim*hidden_dim).reshape(input_dim, hidden_dim)
        self.params["W2"] = np.random.normal(loc=0.0, scale=weight_scale, size=hidden_dim*num_classes).reshape(hidden_dim, num_classes)
        self.params["b1"] = np.zeros_like(self.params["W1"][0])
        self.params["b2"] = np.zeros_like(self.params["W2"][0])
    def predict(self, X):
        return np.argmax(self.loss(X), axis=1)
    def loss(self, X, y=None, reg=None):
        reg = self.reg if reg is None else reg
        W1, b1, W2, b2 = [self.params[k] for k in ('W1', 'b1', 'W2', 'b2')]
        z1, cfc1 = fc_forward(X, W1, b1)
        a1, crelu = relu_forward(z1)
        scores, cfc2 = fc_forward(a1, W2, b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        da1, dW2, db2 = fc_backward(dscores, cfc2)
        _, dW1, db1 = fc_backward(relu_backward(da1, crelu), cfc1)
        grads['W1'] = dW1 + reg * W1; grads['W2'] = dW2 + reg * W2
        grads['b1'] = db1; grads['b2'] = db2
        return loss, grads
