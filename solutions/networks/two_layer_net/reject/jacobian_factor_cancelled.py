"""The factor Y in front of the softmax's Jacobian is cancelled against the 1/Y of the cross-entropy in the first term
and, wrongly, in the sum over the classes too: p of the right class in every column, minus the one-hot labels.

Hint: In every row, the columns of `dx` without the label hold the same number, the probability of the right class.
The chain through softmax has a sum over the classes in it: what stands in front of that sum belongs to its own
column, and doesn't cancel against what is inside.
Caught: softmax_gradient 53, large_scores 53, edges 53, network_gradients 53, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, _ = _softmax_loss(x, y)
    N, C = x.shape
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    T = np.eye(C)[y]
    return loss, (np.sum(T * p, axis=1, keepdims=True) - T) / N
