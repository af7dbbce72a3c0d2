"""db keeps the batch's axis and is a matrix of one row.

Hint: `db` is a matrix with one row; b is a vector. Sum over the batch without keeping its axis: the gradient has the
shape of what it belongs to.
Caught: fc_backward 52, network_gradients 52, trained 52
"""


def fc_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)
