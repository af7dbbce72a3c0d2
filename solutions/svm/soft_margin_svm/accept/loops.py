"""One example and one feature at a time in plain Python: the sums of the batch gradient, written out."""


def svm_train_bgd(X, y, num_epochs=100, C=5.0, eta=0.001):
    N, D = X.shape
    rows, labels = X.tolist(), y[:, 0].tolist()
    w, bias = [0.0] * D, 0.0
    for _ in range(num_epochs):
        w_gradient, b_gradient = list(w), 0.0
        for i in range(N):
            x, label = rows[i], labels[i]
            score = bias
            for j in range(D):
                score += w[j] * x[j]
            if label * score < 1:
                for j in range(D):
                    w_gradient[j] -= C * label * x[j]
                b_gradient -= C * label
        w = [w[j] - eta * w_gradient[j] for j in range(D)]
        bias -= eta * b_gradient
    return np.array([w]), np.array([bias])
