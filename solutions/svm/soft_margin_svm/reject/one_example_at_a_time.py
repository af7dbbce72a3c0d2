"""Updates after every example: stochastic descent in place of batch descent.

Hint: The parameters change within an epoch, after each example. Batch descent sums the gradient over all examples
at the same parameters and makes one step an epoch.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_feature 53
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        for x_i, y_i in zip(X, y, strict=True):
            violated = y_i * (W[0] @ x_i + b) < 1
            W, b = W - eta * (W / len(X) - C * violated * y_i * x_i), b + eta * C * violated * y_i
    return W, b
