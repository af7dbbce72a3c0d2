"""The mean is taken over all entries of the one-hot matrix, the zeros too.

Hint: The loss is too small by a factor C: a mean over the whole (N, C) table also counts the entries that the one-hot
labels have set to 0. Sum over the classes, then average over the samples.
Caught: softmax_loss 53, large_scores 53, edges 53, network_gradients 53
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, dx = _softmax_loss(x, y)
    return loss / x.shape[1], dx
