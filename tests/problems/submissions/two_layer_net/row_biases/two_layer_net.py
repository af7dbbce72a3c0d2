import numpy as np


def fc_forward(x, w, b):
    return x @ w + b, (x, w, b)


def fc_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def softmax_loss(x, y):
    p = np.exp(x - x.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = len(x)
    loss = -np.log(p[np.arange(n), y]).mean()
    p[np.arange(n), y] -= 1
    return loss, p / n


class TwoLayerNet:
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params = {'W1': np.random.randn(input_dim, hidden_dim) * weight_scale, 'b1': np.zeros(hidden_dim),
                       'W2': np.random.randn(hidden_dim, num_classes) * weight_scale, 'b2': np.zeros(num_classes)}

    def loss(self, X, y=None):
        a, c1 = fc_forward(X, self.params['W1'], self.params['b1'])
        h, c2 = relu_forward(a)
        s, c3 = fc_forward(h, self.params['W2'], self.params['b2'])
        if y is None:
            return s
        loss, ds = softmax_loss(s, y)
        dh, dW2, db2 = fc_backward(ds, c3)
        _, dW1, db1 = fc_backward(relu_backward(dh, c2), c1)
        return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}



class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28*28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params = {'W1': np.random.randn(input_dim, hidden_dim) * weight_scale, 'b1': np.zeros((1, hidden_dim)),
                       'W2': np.random.randn(hidden_dim, num_classes) * weight_scale, 'b2': np.zeros((1, num_classes))}
