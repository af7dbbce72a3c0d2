"""The way from the values into X is left out of the sum.

Hint: The gradient with respect to X misses the way through the values: V is made from X, too. X is multiplied by three
matrices and added once, and there is a term for each.
Caught: input_gradient 53
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
