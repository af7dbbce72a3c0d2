"""The batch's mean is taken twice: once in the loss, and again in every layer.

Hint: `dw` and `db` are too small by a factor N. The mean over the batch belongs to the loss, so `dout` carries its
1/N already; a layer adds up what its samples contribute.
Caught: fc_backward 53, edges 53, network_gradients 53, trained 62
"""


def fc_backward(dout, cache):
    x, w = cache
    N = x.shape[0]
    return dout @ w.T, x.T @ dout / N, dout.sum(axis=0) / N
