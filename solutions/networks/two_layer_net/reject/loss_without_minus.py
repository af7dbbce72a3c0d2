"""The loss is the mean log probability, without the minus sign.

Hint: The loss is negative. The logarithm of a probability is, and a loss should fall towards 0 as the right class
becomes more probable: mind the sign in front.
Caught: softmax_loss 53, large_scores 53, edges 53, network_gradients 53
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, dx = _softmax_loss(x, y)
    return -loss, dx
