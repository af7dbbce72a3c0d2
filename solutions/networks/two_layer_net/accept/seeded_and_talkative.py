"""Prints, warns, seeds NumPy's global generator and draws the weights from one of its own. Taste, none of it wrong."""

import warnings

np.random.seed(545)
print("two_layer_net is here")


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        warnings.warn(f"a network of {hidden_dim} hidden units")
        np.random.seed(0)
        rng = np.random.default_rng(7)
        self.params = {
            "W1": weight_scale * rng.standard_normal((input_dim, hidden_dim)),
            "b1": np.zeros((hidden_dim,)),
            "W2": weight_scale * rng.standard_normal((hidden_dim, num_classes)),
            "b2": np.zeros((num_classes,)),
        }

    def loss(self, X, y=None):
        print("X has shape", X.shape)
        return super().loss(X, y)
