"""Each layer is an object that remembers its own last call, and is itself the cache."""


class Layer:
    def __init__(self, forward, backward):
        self.out, self.backward = forward, backward


def fc_forward(x, w, b):
    layer = Layer(np.matmul(x, w) + b.reshape(1, -1), lambda d: (d.dot(w.T), np.dot(x.T, d), np.sum(d, 0).reshape(-1)))
    return layer.out, layer


def fc_backward(dout, cache):
    return tuple(cache.backward(dout))


def relu_forward(x):
    layer = Layer((np.abs(x) + x) / 2, lambda d: d * (np.sign(x) + 1) / 2)
    return layer.out, layer


def relu_backward(dout, cache):
    return cache.backward(dout)
