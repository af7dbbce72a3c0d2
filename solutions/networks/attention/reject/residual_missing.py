"""The layer returns A·V, without the tokens themselves added, and its gradient is that of A·V.

Hint: The residual connection is missing: Z is X plus the weighted mean of the values. The gradient with respect to X
has a term for it too.
Caught: forward 53, forward_edges 53, input_gradient 53, learns 60
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    return dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T, X.T @ dQ, X.T @ dK, X.T @ dV
