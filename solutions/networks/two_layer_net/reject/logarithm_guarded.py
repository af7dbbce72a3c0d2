"""A small number is added to the probability, against log(0). Then no sample's loss is larger than 13.8.

Hint: Your loss is right where the right class has some probability, and far too small where it has almost none: a
number that is added to p, or a bound on it, limits the loss. With log p worked out on paper, exp and log cancel, and
nothing has to be added.
Caught: large_scores 53
"""


def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y] + 1e-6).mean()
    p[np.arange(N), y] -= 1
    return loss, p / N
