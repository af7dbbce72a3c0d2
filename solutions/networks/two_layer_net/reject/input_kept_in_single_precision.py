"""The cache holds x as 32-bit floats, to save memory.

Hint: `fc_forward` keeps a 32-bit copy for the way back, and loses half of its digits. Keep the array as it is.
Caught: fc_backward 51
"""


def fc_forward(x, w, b):
    return x @ w + b, (x.astype(np.float32), w)
