"""The weights are standard normal: they are not multiplied by weight_scale.

Hint: The weights are far too large: weight_scale is an argument of the constructor and must be their standard
deviation. Such a network learns its own digits by heart and does badly on others.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, 1.0)
