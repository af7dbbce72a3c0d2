"""The `return` stands inside the loop, so that there is one epoch whatever is asked.

Hint: Your result is that of the first epoch, whatever `num_epochs` is. A `return` that is indented as deep as the loop's
body ends the function in the first turn: it belongs below the loop.
Caught: shrinkage 53, epochs 53, defaults 53, one_example 53, one_feature 53, iris 60, label_noise 60
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
        return W, b
