"""The shape of the input is unpacked into two numbers, so it must be a matrix.

Hint: ReLU acts on each entry alone, whatever the shape of the array. Yours works for arrays with two axes alone: look
for a shape that is unpacked, or a loop over rows and columns.
Caught: relu_forward 2, relu_backward 2
"""


def relu_forward(x):
    n, d = x.shape
    out = np.zeros((n, d))
    for i in range(n):
        for j in range(d):
            out[i, j] = max(x[i, j], 0)
    return out, x
