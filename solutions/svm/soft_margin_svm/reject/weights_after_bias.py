"""Updates the bias first and takes the gradient of w at the already updated bias: coordinate descent, the other way
round.

Hint: `W` is moved by the gradient at a bias that has been updated already. Compute both gradients before either
parameter changes.
Caught: simultaneous 53, epochs 53, defaults 53, one_example 53, one_feature 53
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        b = b + eta * C * np.sum(violated * y, axis=0)
        violated = y * (X @ W.T + b) < 1
        W = W - eta * (W - C * (violated * y).T @ X)
    return W, b
