from numpy import exp, sqrt, sum as nsum, max as nmax, newaxis
def softmax(S):
    e = exp(S - nmax(S, 1)[:, newaxis])
    e /= nsum(e, 1)[:, newaxis]
    return e
def softmax_backward(dA, A):
    s = nsum(dA * A, axis=-1)
    return (dA - s[:, newaxis]) * A
def attention_forward(X, W_Q, W_K, W_V, return_weights=False):
    A = softmax((X @ W_Q) @ (X @ W_K).T / sqrt(W_Q.shape[1]))
    Z = A @ X @ W_V
    Z += X
    return Z, (X, W_Q, W_K, W_V)
def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V = cache
    c = sqrt(W_Q.shape[1])
    A = softmax((X @ W_Q) @ (X @ W_K).T / c)
    dS = softmax_backward(dZ @ (X @ W_V).T, A) / c
    M = W_Q @ W_K.T
    dX = dZ + A.T @ dZ @ W_V.T + dS @ X @ M.T + dS.T @ X @ M
    dM = X.T @ dS @ X
    return [dX, dM @ W_K, dM.T @ W_Q, X.T @ A.T @ dZ]
