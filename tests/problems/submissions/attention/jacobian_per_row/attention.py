import numpy as np
def softmax(S):
    out = np.zeros(S.shape)
    for i, row in enumerate(S):
        r = row - max(row)
        out[i] = np.exp(r) / sum(np.exp(r))
    return out
def softmax_backward(dA, A):
    dS = np.empty(A.shape)
    for i in range(A.shape[0]):
        a = A[i].reshape(-1, 1)
        J = np.diagflat(a) - np.dot(a, a.T)
        dS[i] = np.dot(J, dA[i])
    return dS
def attention_forward(X, W_Q, W_K, W_V):
    T, d_model = X.shape
    Q = np.dot(X, W_Q); K = np.dot(X, W_K); V = np.dot(X, W_V)
    S = np.zeros((T, T))
    for i in range(T):
        for j in range(T):
            S[i, j] = Q[i].dot(K[j]) / np.sqrt(Q.shape[1])
    A = softmax(S)
    Z = np.zeros_like(X)
    for i in range(T):
        Z[i] = X[i]
        for j in range(T):
            Z[i] += A[i, j] * V[j]
    return Z, {'X': X, 'W': (W_Q, W_K, W_V), 'QKV': (Q, K, V), 'A': A}
def attention_backward(dZ, cache):
    X = cache['X']; A = cache['A']
    W_Q, W_K, W_V = cache['W']; Q, K, V = cache['QKV']
    T = len(X); s = 1 / np.sqrt(Q.shape[1])
    dX = dZ.copy()
    dV = np.zeros_like(V); dA = np.zeros_like(A)
    for i in range(T):
        for j in range(T):
            dA[i, j] = np.sum(dZ[i] * V[j])
            dV[j] += A[i, j] * dZ[i]
    dS = softmax_backward(dA, A)
    dQ = np.zeros_like(Q); dK = np.zeros_like(K)
    for i in range(T):
        for j in range(T):
            dQ[i] += s * dS[i, j] * K[j]
            dK[j] += s * dS[i, j] * Q[i]
    dX += dQ.dot(W_Q.T)
    dX += dK.dot(W_K.T)
    dX += dV.dot(W_V.T)
    return dX, X.T.dot(dQ), X.T.dot(dK), X.T.dot(dV)
