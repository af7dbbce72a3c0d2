"""The margins are computed without the bias.

Hint: Which examples violate their margin depends on w·x + b; your margins leave the bias out.
Caught: epochs 53, defaults 53, one_example 53, one_feature 53, iris 62, label_noise 60
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
