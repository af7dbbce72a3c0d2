"""Squeezes X, which with one example or one feature is no matrix any more.

Hint: With N = 1 or D = 1 `squeeze()` takes away an axis that the rest of the function needs. X is a matrix already:
leave its shape alone.
Caught: one_example 2, one_feature 2
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    X = X.squeeze()
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
