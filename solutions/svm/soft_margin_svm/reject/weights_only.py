"""Returns the weights and keeps the bias for itself.

Hint: The function returns W alone; return both, W first.
Caught: one_epoch 50, simultaneous 50, shrinkage 50, epochs 50, defaults 50, one_example 50, one_feature 50, iris
50, label_noise 50
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W
