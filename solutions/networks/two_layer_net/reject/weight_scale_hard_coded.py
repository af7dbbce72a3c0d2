"""The standard deviation of the weights is 1e-3, whatever weight_scale says.

Hint: The weights are as small as the default weight_scale makes them, whatever it is set to: the argument isn't used.
From weights this small learning begins slowly.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, 1e-3)
