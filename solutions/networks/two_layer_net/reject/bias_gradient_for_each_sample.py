"""db is not summed: it is dout itself, with a row for each sample.

Hint: `db` has a row for each sample. The bias is added in every row, so what reaches it from all of them adds up: sum
over the batch.
Caught: fc_backward 52, edges 52, network_gradients 52, trained 52
"""


def fc_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout
