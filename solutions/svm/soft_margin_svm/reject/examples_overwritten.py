"""Multiplies the examples by their labels in place, in the caller's array.

Hint: Your function writes into `X`, the caller's own array, and whoever uses it next has other data. Make a new
array for the product.
Caught: one_epoch 55, simultaneous 55, shrinkage 55, epochs 55, defaults 55, one_example 55, one_feature 55, iris
55, label_noise 55
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    X *= y
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = X @ W.T + y * b < 1
        W_gradient = W - C * violated.T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
