"""The bias is moved by 0.01·eta, as if it needed a smaller step than w.

Hint: `b` moves by a smaller step than `W`: its gradient is multiplied by one more number. Both parameters move by `eta`
times their own gradient.
Caught: one_epoch 53, simultaneous 53, shrinkage 53, epochs 53, defaults 53, one_example 53, one_feature 53,
label_noise 60
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        violated = y * (X @ W.T + b) < 1
        W_gradient = W - C * (violated * y).T @ X
        b_gradient = -C * np.sum(violated * y, axis=0)
        W, b = W - eta * W_gradient, b - 0.01 * eta * b_gradient
    return W, b
