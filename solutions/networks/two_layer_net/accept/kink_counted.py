"""The derivative of ReLU at exactly 0 is taken as 1, which the text leaves open; the cache holds the output."""


def relu_forward(x):
    out = np.where(x >= 0, x, 0.0)
    return out, {"out": out, "active": x >= 0}


def relu_backward(dout, cache):
    dx = np.array(dout, copy=True)
    dx[~cache["active"]] = 0
    return dx
