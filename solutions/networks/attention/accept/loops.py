"""Everything by loops over entries, and each row's Jacobian written out as a matrix; the same numbers, slowly.

The sums are the same sums, so only rounding differs.
"""

import math


def softmax(S):
    A = np.empty(S.shape)
    for i, row in enumerate(S.tolist()):
        largest = max(row)
        exponentials = [math.exp(score - largest) for score in row]
        total = sum(exponentials)
        for j, value in enumerate(exponentials):
            A[i, j] = value / total
    return A


def softmax_backward(dA, A):
    dS = np.empty(A.shape)
    for i, a in enumerate(A):
        jacobian = np.diag(a) - np.outer(a, a)
        dS[i] = jacobian.T @ dA[i]
    return dS


def attention_forward(X, W_Q, W_K, W_V):
    T, d_k = X.shape[0], W_Q.shape[1]
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    S = np.empty((T, T))
    queries, keys = Q.tolist(), K.tolist()
    for i in range(T):
        for j in range(T):
            S[i, j] = sum(queries[i][k] * keys[j][k] for k in range(d_k)) / math.sqrt(d_k)
    A = softmax(S)
    Z = X.copy()
    for i in range(T):
        for j in range(T):
            Z[i] += A[i, j] * V[j]
    return Z, {"X": X, "weights": (W_Q, W_K, W_V), "QKV": (Q, K, V), "A": A}


def attention_backward(dZ, cache):
    X, (W_Q, W_K, W_V), (Q, K, V), A = cache.values()
    T, d_k = Q.shape
    dA, dV, dQ, dK = np.zeros((T, T)), np.zeros(V.shape), np.zeros(Q.shape), np.zeros(K.shape)
    for i in range(T):
        for j in range(T):
            dA[i, j] = dZ[i] @ V[j]
            dV[j] += A[i, j] * dZ[i]
    dS = softmax_backward(dA, A)
    for i in range(T):
        for j in range(T):
            dQ[i] += dS[i, j] * K[j] / math.sqrt(d_k)
            dK[j] += dS[i, j] * Q[i] / math.sqrt(d_k)
    dX, dW_Q, dW_K, dW_V = dZ.copy(), np.zeros(W_Q.shape), np.zeros(W_K.shape), np.zeros(W_V.shape)
    for t in range(T):
        dX[t] += W_Q @ dQ[t] + W_K @ dK[t] + W_V @ dV[t]
        dW_Q += np.outer(X[t], dQ[t])
        dW_K += np.outer(X[t], dK[t])
        dW_V += np.outer(X[t], dV[t])
    return dX, dW_Q, dW_K, dW_V
