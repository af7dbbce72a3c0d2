import numpy as np, math, sys
sys.setrecursionlimit(10000)
DEBUG = True
def log(*a):
    if DEBUG: print('[debug]', *a, file=sys.stderr)
def softmax(S):
    log(S.shape)
    rows = []
    for s in S:
        m = s.max()
        e = [math.exp(v - m) for v in s]
        t = math.fsum(e)
        rows.append([v / t for v in e])
    return np.array(rows)
def softmax_backward(dA, A):
    n, m = A.shape
    dS = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            for k in range(m):
                dS[i, j] += dA[i, k] * A[i, k] * ((1 if j == k else 0) - A[i, j])
    return dS
def attention_forward(X, W_Q, W_K, W_V):
    Q = X.dot(W_Q); K = X.dot(W_K); V = X.dot(W_V)
    A = softmax(np.inner(Q, K) / math.sqrt(W_K.shape[-1]))
    Z = np.array([x + sum(a * v for a, v in zip(row, V)) for x, row in zip(X, A)])
    return Z, {'locals': dict(locals())}
def attention_backward(dZ, cache):
    c = cache['locals']
    X, Q, K, V, A = (c[k] for k in 'X Q K V A'.split())
    dS = softmax_backward(np.inner(dZ, V), A) * (1 / math.sqrt(K.shape[-1]))
    gQ, gK, gV = np.dot(dS, K), np.dot(np.transpose(dS), Q), np.dot(np.transpose(A), dZ)
    grads = [np.dot(X.T, g) for g in (gQ, gK, gV)]
    dX = np.add(dZ, np.dot(gQ, c['W_Q'].T) + np.dot(gK, c['W_K'].T) + np.dot(gV, c['W_V'].T))
    return (dX, *grads)
