"""A small number in the sum of exponentials, against a division by 0, though after the shift the sum is at least 1; the
gradient is made in place of the probabilities, which are the function's own.
"""


def softmax_loss(x, y):
    N = x.shape[0]
    shifted = x - np.max(x, axis=1, keepdims=True)
    total = np.sum(np.exp(shifted), axis=1, keepdims=True) + 1e-8
    loss = float(np.mean(np.log(total[:, 0]) - shifted[range(N), y]))
    dx = np.exp(shifted) / total
    dx[range(N), y] -= 1
    dx /= N
    return loss, dx
