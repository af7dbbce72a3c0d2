"""``p[:, y]`` gives each sample the probabilities of all labels in the batch, an (N, N) matrix; its mean is taken.

Hint: `p[:, y]` is a matrix of shape (N, N): each row holds the columns of all labels in the batch. Each row has one
label, its own: give the number of the row in place of the colon.
Caught: softmax_loss 53, large_scores 53, network_gradients 53
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[:, y].mean(), _softmax_loss(x, y)[1]
