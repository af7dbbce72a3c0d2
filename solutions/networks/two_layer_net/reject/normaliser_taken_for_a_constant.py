"""The sum of exponentials is taken for a constant when the logarithm is differentiated: only the score of the right
class is left.

Hint: `dx` is 0 everywhere but at the label. The normaliser of softmax contains every score of the row, so it has a
derivative by each of them too.
Caught: softmax_gradient 53, large_scores 53, edges 53, network_gradients 53, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    return _softmax_loss(x, y)[0], -np.eye(x.shape[1])[y] / x.shape[0]
