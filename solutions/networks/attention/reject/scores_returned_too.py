"""The softmax returns its weights and the scores.

Hint: `softmax` returns two arrays; one is asked for, the weights.
Caught: softmax 50, large_logits 50
"""

_softmax = softmax


def softmax(S):
    return _softmax(S), S


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A, _ = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)
