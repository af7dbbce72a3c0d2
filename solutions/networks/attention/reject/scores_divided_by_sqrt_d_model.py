"""The scores are divided by the root of the tokens' width, d_model.

Hint: The scores are divided by √d_model. Queries and keys have d_k entries, and their product is a sum of that many
terms: look at which array and which axis you take the size of.
Caught: forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(X.shape[1]))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(X.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    return dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T, X.T @ dQ, X.T @ dK, X.T @ dV
