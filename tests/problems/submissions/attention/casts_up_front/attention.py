import numpy as np
F = np.longdouble
def softmax(S):
    S = np.asarray(S, F)
    S = S - np.max(S, axis=1, keepdims=True)
    return np.exp(S) / np.sum(np.exp(S), axis=1, keepdims=True)
def softmax_backward(dA, A):
    return np.array([a * (d - a @ d) for d, a in zip(dA, A)])
def attention_forward(X, W_Q, W_K, W_V):
    X, W_Q, W_K, W_V = (np.array(_, dtype=F) for _ in (X, W_Q, W_K, W_V))
    A = softmax(X @ W_Q @ W_K.T @ X.T / np.sqrt(F(W_Q.shape[1])))
    return (X + A @ X @ W_V).astype(float), (A, X, W_Q, W_K, W_V)
def attention_backward(dZ, cache):
    A, X, W_Q, W_K, W_V = cache
    r = np.sqrt(F(W_Q.shape[1]))
    dS = softmax_backward(dZ @ (X @ W_V).T, A) / r
    dQ, dK, dV = dS @ X @ W_K, dS.T @ X @ W_Q, A.T @ dZ
    out = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T, X.T @ dQ, X.T @ dK, X.T @ dV
    return tuple(o.astype(np.float64) for o in out)
