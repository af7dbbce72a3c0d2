"""The network's passes written out in one piece, without the layers; more comes back in grads than is asked for."""


class TwoLayerNet:
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.input_dim, self.hidden_dim, self.num_classes = input_dim, hidden_dim, num_classes
        self.params = dict()
        self.params["W1"] = np.random.normal(0, weight_scale, input_dim * hidden_dim).reshape(input_dim, hidden_dim)
        self.params["b1"] = 0 * np.arange(hidden_dim)
        self.params["W2"] = np.random.normal(0, weight_scale, (num_classes, hidden_dim)).T
        self.params["b2"] = 0 * np.arange(num_classes)

    def loss(self, X, y=None):
        W1, b1, W2, b2 = self.params["W1"], self.params["b1"], self.params["W2"], self.params["b2"]
        self.hidden = (X @ W1 + b1).clip(min=0)
        scores = self.hidden.dot(W2) + b2
        if y is None:
            return scores
        top = scores.max(axis=1)
        log_sum = top + np.log(np.einsum("nc->n", np.exp(scores - top[:, None])))
        loss = (log_sum - np.take_along_axis(scores, y[:, None], axis=1)[:, 0]).mean()
        d = (np.exp(scores - log_sum[:, None]) - np.eye(b2.size)[y]) / y.size
        d_hidden = np.einsum("nc,hc->nh", d, W2) * (self.hidden > 0)
        grads = {"W1": X.T @ d_hidden, "b1": d_hidden.sum(0), "W2": self.hidden.T @ d, "b2": d.sum(0)}
        return loss, grads | {"X": d_hidden @ W1.T}
