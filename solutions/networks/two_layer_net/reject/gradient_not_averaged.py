"""The loss is averaged over the batch and its gradient is not.

Hint: `dx` is too large by a factor N. The loss is a mean over the batch, so its gradient has the 1/N in it as well.
Caught: softmax_gradient 53, large_scores 53, network_gradients 53, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, dx = _softmax_loss(x, y)
    return loss, dx * x.shape[0]
