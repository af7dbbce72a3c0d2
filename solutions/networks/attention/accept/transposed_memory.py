"""Results are transposed views, so their entries lie column by column in memory; values and shapes are the same."""


def softmax(S):
    columns = np.exp(S.T - S.T.max(axis=0))
    return (columns / columns.sum(axis=0)).T


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = (dZ.T @ A).T
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(K.shape[1])
    dQ, dK = (K.T @ dS.T).T, (Q.T @ dS).T
    dX = (dZ.T + W_Q @ dQ.T + W_K @ dK.T + W_V @ dV.T).T
    return dX, (dQ.T @ X).T, (dK.T @ X).T, (dV.T @ X).T
