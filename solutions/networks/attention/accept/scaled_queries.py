"""Queries are divided by √d_k before they meet the keys, and the gradient by them afterwards; the same product."""


def attention_forward(X, W_Q, W_K, W_V):
    scale = W_K.shape[1] ** -0.5
    Q, K, V = scale * (X @ W_Q), X @ W_K, X @ W_V
    A = softmax(Q @ K.T)
    return np.add(A @ V, X), (X, W_Q, W_K, W_V, Q, K, V, A, scale)


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A, scale = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A)
    dQ = scale * (dS @ K)
    dK = dS.T @ Q
    dX = dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T + dZ
    return [dX, X.T @ dQ, X.T @ dK, X.T @ dV]
