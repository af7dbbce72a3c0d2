"""dw is the transpose of the gradient.

Hint: `dw` has the right entries in the wrong places. w has a row for each input and a column for each output, and its
gradient has the shape of w: swap the factors and transpose the other one.
Caught: fc_backward 52, edges 52, network_gradients 52, trained 50
"""


def fc_backward(dout, cache):
    x, w = cache
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)
