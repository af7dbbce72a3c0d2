"""The sum in the softmax's backward pass runs down the columns.

Hint: `softmax_backward` sums over the wrong axis. The weights of one row share a normaliser, so the sum runs along a
row, and each row has its own.
Caught: softmax_backward 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def softmax_backward(dA, A):
    return A * (dA - (dA * A).sum(axis=0))
