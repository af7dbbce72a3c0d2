"""The scores are not divided by √d_k, neither forward nor backward.

Hint: The scores are not divided by √d_k. Without it they grow with the number of entries in a key. The gradients with
respect to Q and K need the same factor.
Caught: forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T)
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A)
    dQ, dK = dS @ K, dS.T @ Q
    return dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T, X.T @ dQ, X.T @ dK, X.T @ dV
