"""Right, with what people leave in: debugging prints, a warning, NumPy's global seed, assertions that hold.

None of it changes a number, so none of it changes a verdict.
"""

import warnings

np.random.seed(0)
print("attention loaded")

quiet_forward = attention_forward


def attention_forward(X, W_Q, W_K, W_V):
    print("X", X.shape, "W_Q", W_Q.shape)
    warnings.warn("the weights may be large", stacklevel=2)
    assert W_Q.shape == W_K.shape
    np.random.seed(545)
    np.log(np.zeros(1))
    return quiet_forward(X, W_Q, W_K, W_V)
