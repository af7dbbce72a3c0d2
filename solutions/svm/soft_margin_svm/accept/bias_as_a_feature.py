"""A column of ones makes the bias one more weight, which the penalty leaves out: the same steps on one matrix."""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    N, D = X.shape
    ones_beside = np.hstack([X, np.ones((N, 1))])
    penalised = np.append(np.ones(D), 0.0)
    theta = np.zeros(D + 1)
    for _ in range(num_epochs):
        active = y.ravel() * (ones_beside @ theta) < 1
        theta = theta - eta * (penalised * theta - C * y.ravel()[active] @ ones_beside[active])
    return theta[:D].reshape(1, D), theta[D:]
