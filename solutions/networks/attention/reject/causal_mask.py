"""A token looks at itself and those before it alone, as in a language model.

Hint: Your tokens look at no token that comes later: this is a causal mask. Here each token may look at all of them.
Caught: forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    later = np.triu(np.ones((len(X), len(X)), dtype=bool), k=1)
    A = softmax(np.where(later, -1e9, Q @ K.T / np.sqrt(W_Q.shape[1])))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)
