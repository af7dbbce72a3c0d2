"""The labels are taken to count from 1: the one-hot entry lands a column too far to the left.

Hint: The labels go from 0 to C - 1, as the columns do: a label is the index of its own column. Yours is one off.
Caught: softmax_loss 53, softmax_gradient 53, large_scores 53, edges 54, network_gradients 54, trained 62
"""

_softmax_loss = softmax_loss


def softmax_loss(x, y):
    return _softmax_loss(x, y - 1)
