"""The scores are divided by √d_k forward, and their gradient is not.

Hint: Forward the scores are divided by √d_k, backward the factor is missing: the gradients with respect to Q and K pass
through the same division.
Caught: query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A)
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
