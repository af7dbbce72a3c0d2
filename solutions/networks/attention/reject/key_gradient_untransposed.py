"""The gradient with respect to the keys uses the scores' gradient as it is, not transposed.

Hint: The gradient with respect to the keys sums over the wrong index. Entry (i, j) of the scores holds query i and key
j: what key j gets is a sum over the queries i, so over the rows of dS.
Caught: query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
