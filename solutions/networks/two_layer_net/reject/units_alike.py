"""Each input has one random weight, the same to all hidden units.

Hint: All hidden units begin with the same weights. Then they have the same gradient, and stay the same: draw a number
for each entry of the matrix.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale)
        self.params["W1"] = np.repeat(np.random.normal(scale=weight_scale, size=(input_dim, 1)), hidden_dim, axis=1)
