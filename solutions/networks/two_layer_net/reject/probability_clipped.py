"""The probability is kept away from 0, against log(0). Then no sample's loss is larger than 27.6.

Hint: A bound on the probability bounds the loss: where the right class has almost none, yours is far too small. With
log p worked out on paper, exp and log cancel, and no bound is needed.
Caught: large_scores 53
"""


def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.log(np.clip(p[np.arange(N), y], 1e-12, 1.0)).mean()
    p[np.arange(N), y] -= 1
    return loss, p / N
