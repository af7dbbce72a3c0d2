"""The loss of the batch is the sum over its samples, its gradient that of the mean.

Hint: The loss grows with the size of the batch, and its gradient doesn't: one is of the sum over the samples, the
other of the mean. Divide the loss by N too.
Caught: softmax_loss 53, large_scores 53, network_gradients 53
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, dx = _softmax_loss(x, y)
    return loss * x.shape[0], dx
