"""What the backward pass needs is kept in a global of the module, so it knows the last forward pass only.

Hint: `attention_backward` uses what the latest call of `attention_forward` left behind, not its own cache. It goes
wrong as soon as two forward passes come before a backward pass, as they do for a batch: return what you need in the
cache, and read it from there.
Caught: value_gradient 53, query_key_gradients 53, input_gradient 53, learns 60
"""

last_pass = None


def attention_forward(X, W_Q, W_K, W_V):
    global last_pass
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    last_pass = X, W_Q, W_K, W_V, Q, K, V, A
    return X + A @ V, None


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = last_pass
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    return dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T, X.T @ dQ, X.T @ dK, X.T @ dV
