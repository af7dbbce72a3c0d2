"""The index of the sum in the normaliser is taken for the class's own: numerator and denominator cancel, and nothing is
left to differentiate.

Hint: `dx` is 0 everywhere. The sum in the denominator of softmax runs over an index of its own, and is not the
numerator again: give the two indices different names before you differentiate.
Caught: softmax_gradient 53, large_scores 53, edges 53, network_gradients 53, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    return _softmax_loss(x, y)[0], np.zeros(x.shape)
