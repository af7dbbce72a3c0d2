"""The terms of the gradient with respect to X are added in place into the caller's dZ.

Hint: `attention_backward` adds into the caller's dZ: `dX = dZ` makes a second name, not a second array, and `+=` then
writes into both.
Caught: value_gradient 55, query_key_gradients 55, input_gradient 55, learns 55
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ
    dX += dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
