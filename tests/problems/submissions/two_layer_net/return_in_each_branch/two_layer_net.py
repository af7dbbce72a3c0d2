import numpy as np
import copy, time, os, sys, random, warnings
warnings.filterwarnings('ignore')
def fc_forward(x, w, b):
    out = None
    out = x @ w + b
    cache = {'in': copy.deepcopy((x, w, b))}
    return out, cache
def fc_backward(dout, cache):
    dx, dw, db = None, None, None
    x, w, b = cache['in']
    dw = np.tensordot(x, dout, axes=([0], [0]))
    dx = np.tensordot(dout, w, axes=([1], [1]))
    db = np.mean(dout, axis=0) * dout.shape[0]
    return dx, dw, db
def relu_forward(x):
    out = np.vectorize(lambda v: max(v, 0.0), otypes=[float])(x)
    return out, x
def relu_backward(dout, cache):
    dx, x = None, cache
    dx = (x > 0) * dout
    return dx
def softmax_loss(x, y):
    loss, dx = 0.0, None
    num = x.shape[0]
    ex = np.exp(np.subtract(x.T, np.max(x, axis=1)).T)
    sm = (ex.T / np.sum(ex, axis=1)).T
    loss = np.sum(-np.log(sm[range(num), list(y)])) / float(num)
    dx = np.array(sm)
    dx[list(range(num)), y] = dx[list(range(num)), y] - 1
    dx = dx / num
    return loss, dx
class TwoLayerNet:
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params = {}
        W1 = np.array([[random.gauss(0, weight_scale) for _ in range(hidden_dim)] for _ in range(input_dim)])
        W2 = np.array([[random.gauss(0, weight_scale) for _ in range(num_classes)] for _ in range(hidden_dim)])
        self.params = {'b1': np.zeros(hidden_dim), 'b2': np.zeros(num_classes), 'W1': W1, 'W2': W2}
    def loss(self, X, y=None):
        P = self.params
        l1, c1 = fc_forward(X, P['W1'], P['b1']); l2, c2 = relu_forward(l1); l3, c3 = fc_forward(l2, P['W2'], P['b2'])
        if y is None:
            return l3
        else:
            l, d3 = softmax_loss(l3, y)
            d2, g2, gb2 = fc_backward(d3, c3); d1 = relu_backward(d2, c2); d0, g1, gb1 = fc_backward(d1, c1)
            return l, {'W1': g1, 'W2': g2, 'b1': gb1, 'b2': gb2}
