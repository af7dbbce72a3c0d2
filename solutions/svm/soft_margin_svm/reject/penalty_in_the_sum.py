"""The penalty stands inside the sum over the examples, so that it counts N times.

Hint: The penalty is subtracted once for every example; it stands outside the sum in E. A loop over the examples
should start from its gradient and not add it again.
Caught: shrinkage 53, epochs 53, defaults 53, one_feature 53, iris 62, label_noise 63
"""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    W, b = np.zeros((1, X.shape[1])), np.zeros(1)
    for _ in range(num_epochs):
        W_gradient, b_gradient = np.zeros_like(W), np.zeros_like(b)
        for x_i, y_i in zip(X, y, strict=True):
            W_gradient = W_gradient + W
            if y_i * (W[0] @ x_i + b) < 1:
                W_gradient = W_gradient - C * y_i * x_i
                b_gradient = b_gradient - C * y_i
        W, b = W - eta * W_gradient, b - eta * b_gradient
    return W, b
