"""All rows are shifted by the largest score of the whole batch.

Hint: One number is subtracted from all rows, the largest score of the batch. A row whose own scores are far below it
then has nothing but zeros to divide by: every row needs its own.
Caught: large_scores 61
"""


def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x - x.max())
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).mean()
    p[np.arange(N), y] -= 1
    return loss, p / N
