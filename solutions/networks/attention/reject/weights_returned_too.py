"""The layer returns three things: the output, the attention weights and the cache.

Hint: `attention_forward` returns two things, Z and the cache. The weights can be kept inside the cache.
Caught: forward 50, forward_edges 50, value_gradient 50, query_key_gradients 50, input_gradient 50, learns 50
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, A, (X, W_Q, W_K, W_V, Q, K, V, A)
