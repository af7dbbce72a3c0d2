"""The residual connection is an in-place addition to X, which changes the caller's tokens (and the cache).

Hint: `attention_forward` adds into the caller's X: with `+=` on X, or on another name for it, Z and X are one array.
Add into a new one.
Caught: forward 55, forward_edges 55, value_gradient 55, query_key_gradients 55, input_gradient 55, learns 55
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    Z = X
    Z += A @ V
    return Z, (X, W_Q, W_K, W_V, Q, K, V, A)
