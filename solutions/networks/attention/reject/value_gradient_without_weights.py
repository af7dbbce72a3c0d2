"""The values get the output's gradient as if each token's output were its own value.

Hint: The gradient with respect to the values is taken to be the one with respect to Z, without the attention weights.
Each output is a weighted mean of all values, so each value's gradient is a weighted sum over all outputs.
Caught: value_gradient 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
