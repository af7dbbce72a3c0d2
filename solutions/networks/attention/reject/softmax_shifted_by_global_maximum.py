"""One shift for the whole matrix: rows far below the largest score become 0 / 0.

Hint: `softmax` subtracts the largest score of the whole matrix. In a row whose scores are all far below it, every
exponential is rounded to 0, and so is their sum. Each row needs a shift of its own.
Caught: large_logits 61
"""


def softmax(S):
    exp_S = np.exp(S - np.max(S))
    return exp_S / exp_S.sum(axis=1, keepdims=True)
