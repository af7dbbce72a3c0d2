"""The gradients with respect to W_Q and W_K are returned in each other's place.

Hint: The gradients with respect to W_Q and W_K stand in each other's place; they have the same shape, so no error shows
it. Compare the order with the docstring's.
Caught: query_key_gradients 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dK, X.T @ dQ, X.T @ dV
