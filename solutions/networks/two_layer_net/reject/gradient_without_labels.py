"""The gradient is the probabilities: the one-hot labels were not taken from them.

Hint: `dx` doesn't depend on the labels. The score of the right class enters the loss twice, in the normaliser and on
its own, and the second time with a minus sign.
Caught: softmax_gradient 53, large_scores 53, edges 54, network_gradients 54, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, _ = _softmax_loss(x, y)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    return loss, p / p.sum(axis=1, keepdims=True) / x.shape[0]
