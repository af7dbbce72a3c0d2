"""The gradient with respect to A comes back as it came.

Hint: `softmax_backward` returns `dA` itself. That would be right if the weights were the scores; the derivative of the
softmax is missing.
Caught: softmax_backward 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def softmax_backward(dA, A):
    return dA
