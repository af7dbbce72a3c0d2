"""db is the mean over the batch, where it is a sum.

Hint: `db` is too small by a factor N, and `dw` isn't. The bias is used once for every sample, and what reaches it
from each adds up; the loss has divided by N already.
Caught: fc_backward 53, edges 53, network_gradients 53, trained 60
"""


def fc_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)
