"""The step size shrinks with the root of the epochs.

Hint: Your first step is right and the later ones are too short: with the whole batch the step size stays `eta`
throughout.
Caught: shrinkage 53, epochs 53, defaults 53, one_example 53, one_feature 53, label_noise 60
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for epoch in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta / np.sqrt(1 + epoch) * W_gradient, b - eta / np.sqrt(1 + epoch) * b_gradient
    return W, b
