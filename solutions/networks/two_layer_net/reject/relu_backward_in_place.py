"""The upstream gradient is overwritten on the way back.

Hint: `relu_backward` sets entries of `dout` to 0 in the caller's own array: an assignment gives an array a second
name, it doesn't copy it. Work on a copy, or multiply by a mask.
Caught: relu_backward 55
"""


def relu_backward(dout, cache):
    dx = dout
    dx[cache <= 0] = 0
    return dx
