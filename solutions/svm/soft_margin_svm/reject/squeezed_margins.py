"""Squeezes the margins, which leaves no axis to sum over when there is a single example.

Hint: With one example `squeeze()` takes away the axis of the examples too, and a sum over it sums over something
else. Leave the shape alone, or say which axis is to go.
Caught: one_example 52
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = (y * (X @ W.T + b)).squeeze() < 1
        W_gradient = W - C * np.sum(y[violated] * X[violated], axis=0)
        b_gradient = -C * np.sum(y[violated], axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
