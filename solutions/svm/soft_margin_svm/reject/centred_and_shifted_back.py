"""The examples are centred inside the function, and the bias is shifted back at the end: the path is another one.

Hint: Your W and b are those of a run on centred examples. It leads to the same minimum by other steps, and what is asked
for is the path that starts on `X` as it is given.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_example 53, one_feature 53
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    mean = X.mean(axis=0)
    X = X - mean
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b - W[0] @ mean
