"""The normaliser by `logaddexp`, which shifts on its own; the gradient from the identity matrix's rows."""


def softmax_loss(x, y):
    log_p = x - np.logaddexp.reduce(x, axis=-1, keepdims=True)
    return -np.mean([log_p[n, label] for n, label in enumerate(y)]), (np.exp(log_p) - np.eye(x.shape[1])[y]) / len(y)
