"""Runs 100 epochs whatever is asked.

Hint: The number of epochs you run doesn't depend on `num_epochs`; loop over the argument.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_example 53, one_feature 53
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(100):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
