"""EECS545 HW3 Q2. Soft-margin SVM."""

import numpy as np
import math


def hello():
    print('Hello from soft_margin_svm.py!')


def svm_train_bgd(X: np.ndarray, y: np.ndarray,
                  num_epochs: int = 100,
                  C: float = 5.0, eta: float = 0.001):
    """Computes probabilities for logit x being each class.

    Inputs:
      - X: Numpy array of shape (num_data, num_features).
      - y: Numpy array of shape (num_data, 1) that has class labels
        in the value of [1, -1].
      - num_epochs: number of epochs during training.
      - C: Slack variables's coefficient hyperparameter when optimizing the SVM.
      - eta: Learning rate.
    Returns:
      - W: Numpy array of shape (1, num_features) which has optimized W.
      - b: Numpy array of shape (1, ) which has optimized b.
    """
    # Implement your algorithm and return state (e.g., learned model)
    num_data, num_features = X.shape

    np.random.seed(0)
    W = np.zeros((1, num_features), dtype=X.dtype)
    b = np.zeros((1), dtype=X.dtype)

    for j in range(1, num_epochs+1):
        ###################################################################
        # TODO: Implement the algorithm
        ###################################################################
        indicator = (y * (X @ W.T + b) < 1)
        W_grad = W - C * np.sum(indicator * y * X, axis=0, keepdims=True)
        b_grad = -C * np.sum(indicator * y)
        W = W - eta * W_grad
        b = b - eta * b_grad
        ###################################################################
        #                        END OF YOUR CODE                         #
        ###################################################################
    return W, b


def svm_test(W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray):
    """Returns the accuracy."""
    pred = np.sign(X @ W.T + b)
    accuracy = np.mean(pred == y)
    return accuracy
