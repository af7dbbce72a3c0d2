"""The exponentials are normalised down the columns: over the samples instead of over the classes.

Hint: The probabilities of one sample must sum to 1 over its classes, which are the columns. Yours sum to 1 over the
samples of the batch; give `max` and `sum` the other axis.
Caught: softmax_loss 53, softmax_gradient 53, large_scores 61, edges 53, network_gradients 53, trained 62
"""


def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x - x.max(axis=0))
    p = p / p.sum(axis=0)
    loss = -np.log(p[np.arange(N), y]).mean()
    p[np.arange(N), y] -= 1
    return loss, p / N
