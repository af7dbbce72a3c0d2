"""The residual connection is forgotten in the backward pass: the gradient with respect to X misses what comes straight
from Z.

Hint: The gradient with respect to X misses the residual connection: X is added to the output as it is, so a part of the
gradient with respect to Z reaches X unchanged.
Caught: input_gradient 53
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
