"""``p[y] -= 1``: a label picks a row of the probabilities, not the entry of its own sample.

Hint: `p[y] -= 1` subtracts from whole rows, those whose number is a label. One entry of each row is meant: give the
number of the row as well, from 0 to N - 1.
Caught: softmax_gradient 53, large_scores 53, edges 2, network_gradients 54, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, _ = _softmax_loss(x, y)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[y] -= 1
    return loss, p / x.shape[0]
