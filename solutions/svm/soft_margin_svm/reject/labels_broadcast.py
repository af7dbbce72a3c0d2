"""Flattens the labels to (N,) beside scores of shape (N, 1): the product is an (N, N) matrix.

Hint: Somewhere an array of shape (N,) meets one of shape (N, 1), and broadcasting makes an (N, N) matrix of every
label with every score. Print the shape of your margins.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_feature 53, iris 62, label_noise 63
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    labels = y.ravel()
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = labels * (X @ W.T + b) < 1
        W_gradient = W - C * np.sum(violated * labels, axis=1) @ X
        b_gradient = -C * np.sum(violated * labels, keepdims=True)[0]
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
