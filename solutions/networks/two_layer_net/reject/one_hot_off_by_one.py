"""The loss reads the right column, and the gradient takes the 1 from the column beside it.

Hint: The loss is right and its gradient isn't: the 1 of the one-hot labels is taken from the column beside the right
one. The labels count from 0.
Caught: softmax_gradient 53, large_scores 53, edges 54, network_gradients 54, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    return _softmax_loss(x, y)[0], _softmax_loss(x, (y + 1) % x.shape[1])[1]
