"""Averages the hinge losses where E has their sum.

Hint: The pull of the data is N times too weak: E has the sum of the hinge losses, not their mean.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_feature 53, iris 62, label_noise 60
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X / len(X)
        b_gradient = -C * np.mean(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
