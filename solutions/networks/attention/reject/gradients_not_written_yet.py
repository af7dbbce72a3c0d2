"""The gradient with respect to W_V is written, the others are still zeros of the right shape.

Hint: Your gradient with respect to W_V is right, and the others are zeros. If they are not written yet, write them
next; the way to them leads over dS.
Caught: query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    return np.zeros_like(X), np.zeros_like(W_Q), np.zeros_like(W_K), X.T @ A.T @ dZ
