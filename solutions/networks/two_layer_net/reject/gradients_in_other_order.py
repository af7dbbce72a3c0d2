"""fc_backward returns the gradients as (dw, db, dx).

Hint: The three gradients come back in another order than the docstring names: first by the input, then by the
weights, then by the bias.
Caught: fc_backward 52, edges 52, network_gradients 2, trained 2
"""


def fc_backward(dout, cache):
    x, w = cache
    return x.T @ dout, dout.sum(axis=0), dout @ w.T
