"""The exponentials are taken of the scores as they are.

Hint: `softmax_loss` overflows: exp of a score in the thousands is infinite. Softmax doesn't change when the same
number is taken from all scores of a row, so choose one that keeps them small.
Caught: large_scores 61
"""


def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).mean()
    p[np.arange(N), y] -= 1
    return loss, p / N
