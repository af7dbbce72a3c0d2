"""The one-hot labels minus the probabilities: the gradient's opposite.

Hint: `dx` has the right size and the opposite sign. With it, a step of gradient descent makes the right class less
probable.
Caught: softmax_gradient 53, large_scores 53, edges 53, network_gradients 53, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    loss, dx = _softmax_loss(x, y)
    return loss, -dx
