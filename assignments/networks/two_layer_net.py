"""A network of two fully connected layers, written by hand: each layer forward and backward, the loss, and the whole.

    scores = ReLU(X·W1 + b1)·W2 + b2

Rows are samples: a batch of N points with d features is a matrix X of shape (N, d), and so is everything that goes
from layer to layer. The loss is the cross-entropy of the softmax of the scores, averaged over the batch.

A forward function returns its output and a `cache`: whatever its backward function needs to know about that call. What
is inside is up to you, and nobody else looks. A gradient is named for what it belongs to: dw is the derivative of the
loss by w, and has w's shape. A function leaves the arrays it is given as they are.
"""

import numpy as np


def fc_forward(x, w, b):
    """Output of a fully connected layer, out = x·w + b.

    Parameters
    ----------
    x : ndarray of shape (N, d_in)
        A batch, one sample a row.
    w : ndarray of shape (d_in, d_out)
        Weights.
    b : ndarray of shape (d_out,)
        Biases, the same for every sample.

    Returns
    -------
    out : ndarray of shape (N, d_out)
    cache : object
        Whatever `fc_backward` needs.
    """
    raise NotImplementedError("two_layer_net: `fc_forward` is not written yet")


def fc_backward(dout, cache):
    """Gradients of a fully connected layer.

    Parameters
    ----------
    dout : ndarray of shape (N, d_out)
        Gradient of the loss by the layer's output.
    cache : object
        What `fc_forward` returned with that output.

    Returns
    -------
    dx : ndarray of shape (N, d_in)
    dw : ndarray of shape (d_in, d_out)
    db : ndarray of shape (d_out,)
    """
    raise NotImplementedError("two_layer_net: `fc_backward` is not written yet")


def relu_forward(x):
    """Output of a layer of rectified linear units: each entry if it is positive, 0 if it isn't.

    Parameters
    ----------
    x : ndarray of any shape

    Returns
    -------
    out : ndarray of x's shape
    cache : object
        Whatever `relu_backward` needs.
    """
    raise NotImplementedError("two_layer_net: `relu_forward` is not written yet")


def relu_backward(dout, cache):
    """Gradient of a layer of rectified linear units.

    Parameters
    ----------
    dout : ndarray of any shape
        Gradient of the loss by the layer's output.
    cache : object
        What `relu_forward` returned with that output.

    Returns
    -------
    dx : ndarray of dout's shape
        What you take as the derivative at exactly 0, where there is none, is up to you.
    """
    raise NotImplementedError("two_layer_net: `relu_backward` is not written yet")


def softmax_loss(x, y):
    """Cross-entropy of the softmax of scores with the right labels, and its gradient.

    With p the softmax of a row of scores, exp(x[c]) divided by the sum of exp(x[k]) over all classes k, the loss of a
    sample is -log p[y]. The loss of a batch is the mean over its samples.

    Parameters
    ----------
    x : ndarray of shape (N, C)
        Scores; finite floats of any size. The result is finite, and right, also where they are in the thousands, and
        where they are thousands apart.
    y : ndarray of shape (N,)
        Labels, integers from 0 to C - 1.

    Returns
    -------
    loss : float
    dx : ndarray of shape (N, C)
        Gradient of the loss by the scores.
    """
    raise NotImplementedError("two_layer_net: `softmax_loss` is not written yet")


class TwoLayerNet:
    """A classifier: fully connected layer, ReLU, fully connected layer, softmax.

    Parameters
    ----------
    input_dim : int
        Number of features, d.
    hidden_dim : int
        Number of hidden units, H.
    num_classes : int
        Number of classes, C.
    weight_scale : float
        Standard deviation of the normal distribution, of mean 0, that every entry of W1 and W2 is drawn from. The
        biases begin at 0.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W1`` of shape (d, H), ``b1`` of shape (H,), ``W2`` of shape (H, C), ``b2`` of shape (C,). Whoever trains the
        network replaces them.
    """

    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params = {}
        raise NotImplementedError("two_layer_net: `TwoLayerNet.__init__` is not written yet")

    def loss(self, X, y=None):
        """Scores of a batch; or, with labels, its loss and gradients.

        Parameters
        ----------
        X : ndarray of shape (N, d)
            A batch, one sample a row.
        y : ndarray of shape (N,), optional
            Labels, integers from 0 to C - 1.

        Returns
        -------
        scores : ndarray of shape (N, C)
            Without `y`: the output of the second layer, before any softmax.
        loss : float
            With `y`: the mean cross-entropy of the batch.
        grads : dict of str to ndarray
            With `y`, beside the loss: its gradient by each array of `params`, under the same key.
        """
        raise NotImplementedError("two_layer_net: `TwoLayerNet.loss` is not written yet")
        if y is None:
            return scores
        raise NotImplementedError("two_layer_net: `TwoLayerNet.loss` is not written yet")
