"""The gradient with respect to the values is A·dZ instead of Aᵀ·dZ.

Hint: The gradient with respect to the values has the weights the wrong way round. Value j goes into every output i with
the weight in row i, column j; its gradient sums over i.
Caught: value_gradient 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
