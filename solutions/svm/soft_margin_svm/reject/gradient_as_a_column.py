"""The pull of the examples on w is left a column, (D, 1), beside the row W: their difference is a (D, D) matrix.

Hint: What the examples add to the gradient of w has shape (D, 1) and `W` has (1, D), so that broadcasting makes a (D, D)
matrix of the two. Transpose it before you add it to `W`, and print the shape of each part of the gradient.
Caught: one_epoch 52, simultaneous 52, shrinkage 52, epochs 52, defaults 52, one_example 52, iris 52, label_noise 52
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * X.T @ (violated * y)
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
