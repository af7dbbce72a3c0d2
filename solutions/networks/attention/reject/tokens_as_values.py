"""The weights average the tokens themselves: W_V is used in the gradient and not in the output.

Hint: `attention_forward` averages the rows of X. What is averaged are the values, X·W_V.
Caught: forward 53, forward_edges 53, learns 60
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ X, (X, W_Q, W_K, W_V, Q, K, V, A)
