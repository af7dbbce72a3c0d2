"""Keys ask and queries answer: the scores are those of K·Qᵀ.

Hint: Row i of the scores must belong to query i: yours belongs to key i. Write down which token's query and which
token's key one entry of your product multiplies.
Caught: forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_forward(X, W_Q, W_K, W_V):
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(K @ Q.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS.T @ K, dS @ Q
    return dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T, X.T @ dQ, X.T @ dK, X.T @ dV
