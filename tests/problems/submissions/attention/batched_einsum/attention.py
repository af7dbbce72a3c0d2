import numpy as np
def softmax(S):
    m = S.max(-1, keepdims=True)
    lse = m + np.log(np.exp(S - m).sum(-1, keepdims=True))
    return np.exp(S - lse)
def softmax_backward(dA, A):
    J = np.einsum('ij,jk->ijk', A, np.eye(A.shape[-1])) - np.einsum('ij,ik->ijk', A, A)
    return np.einsum('ijk,ik->ij', J, dA)
def attention_forward(X, W_Q, W_K, W_V):
    X_ = X[None]
    Q, K, V = (np.einsum('btd,dk->btk', X_, W) for W in (W_Q, W_K, W_V))
    Q = Q * W_Q.shape[-1] ** -0.5
    A = softmax(np.matmul(Q, K.swapaxes(-1, -2))[0])
    Z = X + A @ V[0]
    return Z, [X, W_Q, W_K, W_V, Q[0], K[0], V[0], A]
def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dS = softmax_backward(np.einsum('td,sd->ts', dZ, V), A)
    dQ = np.einsum('ts,sk->tk', dS, K) * W_Q.shape[-1] ** -0.5
    dK = np.einsum('ts,tk->sk', dS, Q)
    dV = np.einsum('ts,td->sd', A, dZ)
    dX = dZ + sum(d @ W.T for d, W in ((dQ, W_Q), (dK, W_K), (dV, W_V)))
    return (dX,) + tuple(np.einsum('td,tk->dk', X, d) for d in (dQ, dK, dV))
