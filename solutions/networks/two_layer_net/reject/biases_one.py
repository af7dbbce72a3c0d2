"""The biases begin at 1.

Hint: The biases begin at 1; they should begin at 0.
Caught: initialisation 54
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale)
        self.params["b1"], self.params["b2"] = np.ones(hidden_dim), np.ones(num_classes)
