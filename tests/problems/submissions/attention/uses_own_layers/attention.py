import numpy as np
from two_layer_net import fc_forward, fc_backward

def softmax(S):
    ex = np.exp(S - np.max(S, axis=1)[:, np.newaxis])
    return ex / ex.sum(axis=1)[:, np.newaxis]
def softmax_backward(dA, A):
    ones = np.ones((A.shape[1], 1))
    return np.multiply(A, dA - ((dA * A) @ ones) @ ones.T)
def attention_forward(X, W_Q, W_K, W_V):
    Q, cq = fc_forward(X, W_Q, np.zeros(W_Q.shape[1]))
    K, ck = fc_forward(X, W_K, np.zeros(W_K.shape[1]))
    V, cv = fc_forward(X, W_V, np.zeros(W_V.shape[1]))
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, (cq, ck, cv, Q, K, V, A)
def attention_backward(dZ, cache):
    cq, ck, cv, Q, K, V, A = cache
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(Q.shape[1])
    dxq, dW_Q, _ = fc_backward(dS @ K, cq)
    dxk, dW_K, _ = fc_backward(dS.T @ Q, ck)
    dxv, dW_V, _ = fc_backward(A.T @ dZ, cv)
    return dZ + dxq + dxk + dxv, dW_Q, dW_K, dW_V
