"""The cache holds V as 32-bit floats, to save memory.

Hint: `attention_forward` keeps a 32-bit copy of V for the way back, and loses half of its digits. Keep the array as it
is.
Caught: query_key_gradients 51, input_gradient 51
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V.astype(np.float32), A)
