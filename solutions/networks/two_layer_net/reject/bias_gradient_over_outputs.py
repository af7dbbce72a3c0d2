"""db is summed over the outputs instead of over the samples.

Hint: `db` has an entry for each sample; it needs one for each output. The bias of an output is added in every row, so
what reaches it from all rows adds up: sum along the other axis.
Caught: fc_backward 52, edges 52, network_gradients 52, trained 50
"""


def fc_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)
