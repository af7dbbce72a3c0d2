"""The softmax is differentiated as if it acted on each entry alone, like a sigmoid.

Hint: `softmax_backward` uses only how each weight depends on its own score. The weights of a row share a sum, so each
score moves every weight of its row: the Jacobian's entries off the diagonal are missing.
Caught: softmax_backward 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def softmax_backward(dA, A):
    return dA * A * (1 - A)
