"""Ends the training at the first epoch without a violated margin.

Hint: You stop when no margin is violated. E is not at its minimum then: the penalty has a gradient still, and
smaller weights may do.
Caught: shrinkage 53, epochs 53, one_example 53
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        if not violated.any():
            break
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
