"""Only examples on the wrong side count, as in the perceptron, not those within the margin.

Hint: Your sum stops counting an example as soon as it is classified correctly. The hinge loss is positive until the
margin y (w·x + b) is 1: right, and by a distance.
Caught: epochs 53, defaults 53, one_example 53, one_feature 53, iris 60, label_noise 63
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) <= 0
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
