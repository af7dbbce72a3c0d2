"""dx multiplies by the weights as the forward pass does, and not by their transpose.

Hint: The way back through x·w is a product with the transpose of w: `dx` needs a column for each input, and the
shapes only fit one way round. See, too, that the cache is unpacked in the order in which it was packed.
Caught: fc_backward 2, edges 2, network_gradients 2, trained 2
"""


def fc_backward(dout, cache):
    x, w = cache
    return dout @ w, x.T @ dout, dout.sum(axis=0)
