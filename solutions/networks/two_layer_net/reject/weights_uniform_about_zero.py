"""The weights are uniform, with the right mean and standard deviation.

Hint: The weights have the right mean and spread, and are uniform: none is larger than 1.73 times weight_scale. Of a
normal distribution one in twelve is.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale)
        for name in ("W1", "W2"):
            self.params[name] = np.sqrt(3) * weight_scale * np.random.uniform(-1, 1, size=self.params[name].shape)
