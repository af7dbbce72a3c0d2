"""Starts from small random weights instead of zero.

Hint: Your result isn't the same every time, or isn't the one of a start from zero: E is convex, so nothing is
gained by random weights. Start W and b at zero.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_example 53, one_feature 53
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = 0.01 * np.random.default_rng(1).normal(size=(1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
