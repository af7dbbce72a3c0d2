"""Every sum written as a loop over samples, features and outputs, as the formulas stand."""

import math


def fc_forward(x, w, b):
    N, d_out = x.shape[0], w.shape[1]
    out = np.zeros((N, d_out))
    for i in range(x.shape[1]):
        out += np.outer(x[:, i], w[i])
    for n in range(N):
        out[n] += b
    return out, (x, w, b)


def fc_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)
    for n in range(x.shape[0]):
        dx[n] = np.dot(w, dout[n])
        dw += np.outer(x[n], dout[n])
        db += dout[n]
    return dx, dw, db


def softmax_loss(x, y):
    N, C = x.shape
    loss, dx = 0.0, np.zeros(x.shape)
    for n in range(N):
        largest = max(x[n])
        powers = [math.exp(score - largest) for score in x[n]]
        total = sum(powers)
        loss -= (x[n, y[n]] - largest - math.log(total)) / N
        for c in range(C):
            dx[n, c] = powers[c] / total / N
        dx[n, y[n]] -= 1 / N
    return loss, dx
