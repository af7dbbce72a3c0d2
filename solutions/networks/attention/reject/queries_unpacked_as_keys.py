"""The cache holds Q and K, and is unpacked as K and Q.

Hint: `attention_backward` takes the queries for the keys and the keys for the queries: unpack the cache in the order in
which `attention_forward` packed it.
Caught: query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, K, Q, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
