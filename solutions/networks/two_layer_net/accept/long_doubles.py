"""The loss in the widest floats there are: a wider dtype than asked for is no mistake."""


def softmax_loss(x, y):
    x = x.astype(np.longdouble)
    x = x - x.max(axis=1, keepdims=True)
    log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    right = np.arange(x.shape[1]) == y[:, None]
    return -log_p[right].mean(), (np.exp(log_p) - right) / np.longdouble(len(y))
