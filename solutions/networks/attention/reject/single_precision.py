"""The layer computes in 32-bit floats, to be fast, and loses half of its inputs' digits.

Hint: Z and the gradients are 32-bit floats though the inputs have 64 bits. Leave the type as it comes; a cast loses
digits that a gradient check needs.
Caught: forward 51, value_gradient 51, query_key_gradients 51, input_gradient 51
"""


def attention_forward(X, W_Q, W_K, W_V):
    X, W_Q, W_K, W_V = (array.astype(np.float32) for array in (X, W_Q, W_K, W_V))
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.float32(np.sqrt(W_Q.shape[1])))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dZ = dZ.astype(np.float32)
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.float32(np.sqrt(W_Q.shape[1]))
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
