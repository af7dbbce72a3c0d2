"""The losses of the samples come back one by one, not averaged.

Hint: `softmax_loss` returns a loss for each sample. Training minimises one number: return their mean over the batch.
Caught: softmax_loss 52, large_scores 52, edges 52, network_gradients 52
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(x.shape[0]), y]
    return losses, _softmax_loss(x, y)[1]
