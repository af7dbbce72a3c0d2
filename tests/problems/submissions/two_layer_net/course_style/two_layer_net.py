"""EECS545 HW3 Q5. Two-layer neural network."""

from typing import Dict, Optional, Tuple
import math
import numpy as np


def hello():
    print('Hello from two_layer_net.py!')


def fc_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray):
    out = x.dot(w) + b
    cache = (x, w, b)
    return out, cache


def fc_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = np.where(x > 0, dout, 0)
    return dx


def softmax_loss(x, y):
    """
    - x: Input data, of shape (N, C) where x[i, j] is the score for the jth class
      for the ith input.
    """
    probs = np.exp(x - np.max(x, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    N = x.shape[0]
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


class TwoLayerNet(object):
    def __init__(self, input_dim: int = 28 * 28, hidden_dim: int = 100, num_classes: int = 10,
                 weight_scale: float = 1e-3):
        self.params = {}
        self.params['W1'] = np.random.normal(0, weight_scale, size=(input_dim, hidden_dim))
        self.params['b1'] = np.zeros(hidden_dim)
        self.params['W2'] = np.random.normal(0, weight_scale, size=(hidden_dim, num_classes))
        self.params['b2'] = np.zeros(num_classes)

    def loss(self, X, y=None):
        scores = None
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        h1, c1 = fc_forward(X, W1, b1)
        r, cr = relu_forward(h1)
        scores, c2 = fc_forward(r, W2, b2)
        # If y is None then we are in test mode so just return scores
        if y is None:
            return scores
        loss, grads = 0, {}
        loss, dscores = softmax_loss(scores, y)
        dr, grads['W2'], grads['b2'] = fc_backward(dscores, c2)
        dh1 = relu_backward(dr, cr)
        dx, grads['W1'], grads['b1'] = fc_backward(dh1, c1)
        return loss, grads
