"""Single-head self-attention with a residual connection: the forward pass and, by hand, the backward pass.

The rows of X are the T tokens of one sequence. With Q = X·W_Q, K = X·W_K and V = X·W_V,

    S = Q·Kᵀ / √d_k        scores: how well the query of token i fits the key of token j
    A = softmax(S)         weights: each row of A is positive and sums to 1
    Z = X + A·V            each token, plus a weighted mean of all tokens' values

There is no mask and there are no positional encodings. The formula is that of Vaswani et al., *Attention is all you
need* (2017), section 3.2.1, with one head and the values as wide as the tokens, so that they can be added to them.

A gradient is named for what it belongs to: dW_Q is the derivative of a scalar loss with respect to W_Q, and has the
shape of W_Q.
"""

import numpy as np


def softmax(S):
    """Softmax of every row: exp(S[i, j]) divided by the sum of exp(S[i, k]) over k.

    Parameters
    ----------
    S : ndarray of shape (n, m)
        Scores; finite floats of any size.

    Returns
    -------
    A : ndarray of shape (n, m)
        Positive rows that sum to 1. The result is finite whatever the size of the scores, also where one row's are
        far larger than another's.
    """
    # BEGIN SOLUTION
    # Subtracting a row's own maximum changes nothing in exact arithmetic and keeps every exponent at most 0.
    exp_S = np.exp(S - S.max(axis=1, keepdims=True))
    return exp_S / exp_S.sum(axis=1, keepdims=True)
    # END SOLUTION


def softmax_backward(dA, A):
    """Gradient with respect to the scores S, from the gradient with respect to A = softmax(S).

    Parameters
    ----------
    dA : ndarray of shape (n, m)
        Gradient of the loss by A.
    A : ndarray of shape (n, m)
        What `softmax` returned.

    Returns
    -------
    dS : ndarray of shape (n, m)
        Gradient of the loss by S.
    """
    # BEGIN SOLUTION
    return A * (dA - (dA * A).sum(axis=1, keepdims=True))
    # END SOLUTION


def attention_forward(X, W_Q, W_K, W_V):
    """Output of the attention layer, Z = X + softmax(Q·Kᵀ / √d_k)·V.

    Parameters
    ----------
    X : ndarray of shape (T, d_model)
        The tokens of one sequence, one a row.
    W_Q, W_K : ndarray of shape (d_model, d_k)
        Weights of the queries and of the keys.
    W_V : ndarray of shape (d_model, d_model)
        Weights of the values.

    Returns
    -------
    Z : ndarray of shape (T, d_model)
        The layer's output.
    cache : object
        Whatever your `attention_backward` needs to know about this call; nobody else looks inside.
    """
    # BEGIN SOLUTION
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V
    A = softmax(Q @ K.T / np.sqrt(W_Q.shape[1]))
    return X + A @ V, (X, W_Q, W_K, W_V, Q, K, V, A)
    # END SOLUTION


def attention_backward(dZ, cache):
    """Gradients by everything that went into the attention layer.

    Parameters
    ----------
    dZ : ndarray of shape (T, d_model)
        Gradient of the loss by the layer's output Z.
    cache : object
        What `attention_forward` returned with that Z.

    Returns
    -------
    dX : ndarray of shape (T, d_model)
    dW_Q, dW_K : ndarray of shape (d_model, d_k)
    dW_V : ndarray of shape (d_model, d_model)
    """
    # BEGIN SOLUTION
    X, W_Q, W_K, W_V, Q, K, V, A = cache
    dV = A.T @ dZ
    dS = softmax_backward(dZ @ V.T, A) / np.sqrt(W_Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    # X reaches Z in four ways: by the residual connection, and as queries, keys and values.
    dX = dZ + dQ @ W_Q.T + dK @ W_K.T + dV @ W_V.T
    return dX, X.T @ dQ, X.T @ dK, X.T @ dV
    # END SOLUTION
