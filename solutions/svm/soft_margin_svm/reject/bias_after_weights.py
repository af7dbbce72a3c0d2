"""Updates w first and takes the bias's gradient at the already updated w: coordinate descent.

Hint: The margins are computed again between the two updates, so `b` is moved by the gradient at another point than
`W` is. Compute both gradients before either parameter changes.
Caught: simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_example 53, one_feature 53
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W = W - eta * (W - C * (violated * y).T @ X)
        violated = y * (X @ W.T + b) < 1
        b = b + eta * C * np.sum(violated * y, axis=0)
    return W, b
