"""The input of the ReLU is kept in a global variable: the mask is that of the latest call.

Hint: `relu_backward` uses what the latest call of `relu_forward` left behind, and not its own cache. It goes wrong as
soon as two forward passes come before a backward pass: read the input from the cache.
Caught: relu_backward 53
"""

_input = None


def relu_forward(x):
    global _input
    _input = x
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (_input > 0)
