"""The gradient with respect to the weights A is V·dZᵀ, the transpose of the right one.

Hint: The gradient with respect to A is transposed, which its square shape hides. A[i, j] goes with output i and value
j: which row of dZ, and which row of V?
Caught: query_key_gradients 53, input_gradient 53, learns 60
"""


def attention_backward(dZ, cache):
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(V @ dZ.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
