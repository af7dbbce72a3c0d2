"""The inputs are kept in a global variable instead of in the cache: the second layer's overwrite the first layer's.

Hint: Each backward pass must use what its own forward pass saw. Yours finds what the last forward pass left behind:
return it as the cache, and read it from the argument.
Caught: fc_backward 53, network_gradients 2, trained 2
"""

_last = None


def fc_forward(x, w, b):
    global _last
    _last = x, w
    return x @ w + b, _last


def fc_backward(dout, cache):
    x, w = _last
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
