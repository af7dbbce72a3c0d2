"""Steps by 0.001 whatever is asked.

Hint: With the default step size you are right and with any other wrong: the number 0.001 stands in your function
where the argument `eta` should.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, one_example 53, one_feature 53, iris 60, label_noise
60
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - 0.001 * W_gradient, b - 0.001 * b_gradient
    return W, b
