"""The one-hot labels are multiplied by the logarithms of all probabilities. Where one is 0, 0 times infinity is NaN.

Hint: Some probabilities are 0 in floats, their logarithms infinite, and 0 times infinity is NaN, even where the label
is another class. Take no logarithm of a probability: work out log p on paper first, where exp and log cancel.
Caught: large_scores 61
"""


def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    right = np.eye(x.shape[1])[y]
    return -np.sum(right * np.log(p)) / N, (p - right) / N
