"""The softmax as the exponential of the log-softmax, row by row; the shift is the logarithm of the row's sum."""


def softmax(S):
    largest = np.amax(S, axis=1)
    log_sum = largest + np.log(np.exp(S.T - largest).sum(axis=0))
    return np.exp(S.T - log_sum).T
