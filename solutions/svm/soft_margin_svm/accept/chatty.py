"""Prints, warns, seeds the global generator and shuffles the examples: none of it changes the sum over all of them."""

import warnings


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    np.random.seed(0)
    warnings.warn("training starts", stacklevel=2)
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for epoch in range(num_epochs):
        order = np.random.permutation(len(X))
        violated = y[order] * (X[order] @ W.T + b) < 1
        W_gradient = W - C * (violated * y[order]).T @ X[order]
        b_gradient = -C * np.sum(violated * y[order], axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
        if epoch % 20 == 0:
            print(f"epoch {epoch}: {violated.sum()} margins violated")
    return W, b
