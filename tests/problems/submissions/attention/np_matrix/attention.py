import numpy as np
def softmax(S):
    S = np.asmatrix(S)
    E = np.exp(S - S.max(axis=1))
    return E / E.sum(axis=1)
def softmax_backward(dA, A):
    dA, A = np.asmatrix(dA), np.asmatrix(A)
    g = np.multiply(dA, A)
    return g - np.multiply(A, g.sum(axis=1))
def attention_forward(X, W_Q, W_K, W_V):
    X, W_Q, W_K, W_V = map(np.asmatrix, (X, W_Q, W_K, W_V))
    Q, K, V = X * W_Q, X * W_K, X * W_V
    A = softmax(Q * K.T / np.sqrt(K.shape[1]))
    return X + A * V, (X, W_Q, W_K, W_V, Q, K, V, A)
def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dZ = np.asmatrix(dZ)
    dS = softmax_backward(dZ * V.T, A) / np.sqrt(K.shape[1])
    dQ, dK, dV = dS * K, dS.T * Q, A.T * dZ
    return dZ + dQ * W_Q.T + dK * W_K.T + dV * W_V.T, X.T * dQ, X.T * dK, X.T * dV
