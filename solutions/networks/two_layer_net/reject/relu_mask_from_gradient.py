"""The mask of ReLU is taken from the upstream gradient instead of from the input.

Hint: `relu_backward` keeps the entries where the gradient is positive. Whether a unit lets a gradient through depends
on its own input in the forward pass, whatever the gradient's sign.
Caught: relu_backward 53, network_gradients 53, trained 62
"""


def relu_backward(dout, cache):
    return dout * (dout > 0)
