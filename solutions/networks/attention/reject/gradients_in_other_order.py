"""The gradients come back with the one with respect to X last.

Hint: The gradients come in another order than the docstring's: the one with respect to X is first.
Caught: value_gradient 52, query_key_gradients 52, input_gradient 52, learns 50
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return X.T @ dQ, X.T @ dK, X.T @ dV, dX
