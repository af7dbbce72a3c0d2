"""``p[:, y] -= 1``: the labels of all samples pick columns in every row.

Hint: `p[:, y] -= 1` subtracts in every row, in the columns of all labels of the batch. In each row the entry of its own
label is meant: give the number of the row in place of the colon.
Caught: softmax_gradient 53, large_scores 53, network_gradients 53, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, _ = _softmax_loss(x, y)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[:, y] -= 1
    return loss, p / x.shape[0]
