"""The weights are taken as constants, since a softmax sums to 1: the gradient with respect to the scores is 0. (A
student's derivation, in which the index of the sum is set equal to the index of the entry and all terms cancel.)

Hint: `softmax_backward` returns zeros. Only the sum of a row is constant: the weights in it do change with the
scores. If they cancelled in your derivation, look whether the index of the sum was given the name of the entry's own
index.
Caught: softmax_backward 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def softmax_backward(dA, A):
    return np.zeros_like(dA)
