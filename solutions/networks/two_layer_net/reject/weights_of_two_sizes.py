"""Each weight is plus or minus weight_scale: right mean, right standard deviation, another distribution.

Hint: The weights have the right mean and spread, and only two values. Draw each of them from a normal distribution.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale)
        for name in ("W1", "W2"):
            self.params[name] = weight_scale * np.random.choice([-1.0, 1.0], size=self.params[name].shape)
        self.params["W1"][0, 0] = self.params["W2"][0, 0] = 3 * weight_scale
