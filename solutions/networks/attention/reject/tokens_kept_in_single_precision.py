"""The cache holds X as 32-bit floats, to save memory.

Hint: `attention_forward` keeps a 32-bit copy of X for the way back, and loses half of its digits. Keep the array as it
is.
Caught: value_gradient 51, query_key_gradients 51
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, (X.astype(np.float32), W_Q, W_K, W_V, Q, K, V, A)
