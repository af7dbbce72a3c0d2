"""The scores are divided by d_k, without the root.

Hint: The scores are divided by d_k instead of its square root. A sum of d_k independent terms has a spread that grows
like √d_k, and that is what is to be undone.
Caught: forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / W_Q.shape[1])
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / W_Q.shape[1]
    dQ, dK = dS @ K, dS.T @ Q
    return dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T, X.T @ dQ, X.T @ dK, X.T @ dV
