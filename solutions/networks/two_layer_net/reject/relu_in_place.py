"""ReLU sets the negative entries of its argument to 0, and returns that.

Hint: `relu_forward` writes into the array it was given: what was negative is gone for everybody else who holds it.
Make a new array, or work on a copy.
Caught: relu_forward 55, relu_backward 55
"""


def relu_forward(x):
    x[x < 0] = 0
    return x, x
