"""The softmax is taken as the formula says, and large scores overflow.

Hint: `softmax` exponentiates the scores as they are, and the exponential of a large number is infinite. Softmax
doesn't change when one number is subtracted from a whole row: choose one for each row that keeps every exponent from
being large.
Caught: large_logits 61
"""


def softmax(S):
    return np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
