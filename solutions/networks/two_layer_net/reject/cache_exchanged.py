"""The cache holds x and w, and is unpacked as w and x.

Hint: `fc_backward` takes x for w and w for x: unpack the cache in the order in which `fc_forward` packed it.
Caught: fc_backward 2, edges 2, network_gradients 2, trained 2
"""


def fc_backward(dout, cache):
    w, x = cache
    dw = x.T @ dout
    return dout @ w.T, dw, dout.sum(axis=0)
