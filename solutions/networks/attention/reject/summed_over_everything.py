"""The sum in the softmax's backward pass runs over the whole matrix.

Hint: `softmax_backward` sums over the whole matrix. Each row is a softmax of its own: give the sum an axis, and keep
it, so that each row gets its own number.
Caught: softmax_backward 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def softmax_backward(dA, A):
    return A * (dA - (dA * A).sum())
