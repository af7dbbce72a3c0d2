"""relu_backward returns the mask and forgets the upstream gradient.

Hint: `relu_backward` returns where the units are active, and that is only ReLU's own derivative. The chain rule
multiplies it by the gradient that comes from above.
Caught: relu_backward 51, network_gradients 51, trained 62
"""


def relu_backward(dout, cache):
    return cache > 0
