"""Soft margin support vector machine, trained by batch subgradient descent on its primal objective."""

import numpy as np


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    """Weights and bias of a linear SVM after `num_epochs` steps of batch subgradient descent.

    The parameters start from zero. Each step goes against the subgradient of the objective

        E(w, b) = ½ ‖w‖² + C Σᵢ max(0, 1 - yᵢ (w·xᵢ + b)),

    whose sum is over all N examples, and its size is `eta` throughout. At the kink of max(0, ·) the subgradient is
    taken to be 0: only an example with yᵢ (w·xᵢ + b) < 1 contributes. Both parts of it, with respect to w and to b,
    are taken at the current parameters; then w and b are updated together.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        The examples, one a row; floats.
    y : ndarray of shape (N, 1)
        Their labels, -1.0 or +1.0.
    num_epochs : int
        The number of steps, >= 1.
    C : float
        What a violated margin costs relative to ½ ‖w‖², > 0.
    eta : float
        The step size, > 0.

    Returns
    -------
    W : ndarray of shape (1, D)
        The weights w, as a row.
    b : ndarray of shape (1,)
        The bias.
    """
    # BEGIN SOLUTION
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
    # END SOLUTION


def svm_test(W, b, X, y):
    """The share of the examples that lie on their label's side of the hyperplane w·x + b = 0.

    Parameters
    ----------
    W : ndarray of shape (1, D)
    b : ndarray of shape (1,)
    X : ndarray of shape (N, D)
    y : ndarray of shape (N, 1)
        Labels, -1.0 or +1.0.

    Returns
    -------
    accuracy : float
        Between 0 and 1.
    """
    predicted = np.where(X @ W.T + b >= 0, 1.0, -1.0)
    return float(np.mean(predicted == y))
