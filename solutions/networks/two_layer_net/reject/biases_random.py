"""The biases are drawn at random, as the weights are.

Hint: The biases are random; they should begin at 0. It is the weights that must differ from unit to unit.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale)
        self.params["b1"] = weight_scale * np.random.randn(hidden_dim)
        self.params["b2"] = weight_scale * np.random.randn(num_classes)
