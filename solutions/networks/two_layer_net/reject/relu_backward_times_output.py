"""The gradient is multiplied by what the unit put out instead of by its slope.

Hint: Where a unit is active its output follows its input one to one: the slope there is 1, whatever the output's
size. `relu_backward` multiplies by the output itself.
Caught: relu_backward 53, network_gradients 53, trained 60
"""


def relu_backward(dout, cache):
    return dout * np.maximum(cache, 0)
