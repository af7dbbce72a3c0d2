"""The gradient with respect to A is used as the gradient with respect to the scores.

Hint: Between A and the scores stands the softmax, and its derivative is missing: pass the gradient with respect to A
through `softmax_backward`.
Caught: query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = dZ @ V.T / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
