"""A small number in the sum of exponentials, against a division by 0, though after the shift the sum is at least 1."""


def softmax(S):
    exp_S = np.exp(S - S.max(axis=1, keepdims=True))
    return exp_S / (exp_S.sum(axis=1, keepdims=True) + 1e-10)
