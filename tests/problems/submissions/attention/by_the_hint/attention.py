import numpy as np
import math

def hello():
    print('Hello from attention.py!')

def softmax(S):
    S_max = np.max(S, axis=1, keepdims=True)
    e = np.exp(S - S_max)
    return e / np.sum(e, axis=1, keepdims=True)

def softmax_backward(dA, A):
    return A * (dA - np.sum(dA * A, axis=1, keepdims=True))

def attention_forward(X, W_Q, W_K, W_V):
    d_k = W_K.shape[1]
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    S = Q @ K.T / math.sqrt(d_k)
    A = softmax(S)
    Y = A @ V
    Z = X + Y
    cache = (X, W_Q, W_K, W_V, Q, K, V, S, A, Y)
    return Z, cache

def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, S, A, Y = cache
    d_k = W_K.shape[1]
    dY = dZ
    dA = dY @ V.T
    dV = A.T @ dY
    dS = softmax_backward(dA, A)
    dQ = dS @ K / np.sqrt(d_k)
    dK = dS.T @ Q / np.sqrt(d_k)
    dW_Q, dW_K, dW_V = X.T @ dQ, X.T @ dK, X.T @ dV
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, dW_Q, dW_K, dW_V
