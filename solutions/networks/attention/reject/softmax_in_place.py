"""The shift is subtracted in place, so the caller's scores are changed.

Hint: `softmax` changes the array it is given: `-=` writes into the caller's own scores. Make a new array instead.
Caught: softmax 55, large_logits 55
"""


def softmax(S):
    S -= S.max(axis=1, keepdims=True)
    exp_S = np.exp(S)
    return exp_S / exp_S.sum(axis=1, keepdims=True)
