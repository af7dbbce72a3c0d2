"""The Kronecker delta is resolved without the factor that stands before it: the first term is dA instead of A·dA. (A
line of a student's derivation.)

Hint: In `softmax_backward` the term from the Jacobian's diagonal has lost its factor A. Write one entry of the
Jacobian with its delta, multiply it out, and only then sum over the index.
Caught: softmax_backward 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def softmax_backward(dA, A):
    return dA - A * (dA * A).sum(axis=1, keepdims=True)
