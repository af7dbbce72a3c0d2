"""The loss in the widest floats there are: a wider dtype than asked for is no mistake."""


def softmax_loss(x, y):
    x = x.astype(np.longdouble)
    x = x - x.max(axis=1, keepdims=True)
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    right = np.arange(p.shape[1]) == y[:, None]
    return -np.log(p[right]).mean(), (p - right) / np.longdouble(len(y))
