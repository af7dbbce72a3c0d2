"""weight_scale is taken for the variance of the weights.

Hint: The standard deviation of the weights is the square root of weight_scale. It should be weight_scale itself.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, np.sqrt(weight_scale))
