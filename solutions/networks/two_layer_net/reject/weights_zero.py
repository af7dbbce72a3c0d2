"""The weights begin at 0, as the biases do.

Hint: All weights are 0. Then every hidden unit has the same gradient, and here none at all, since each factor of it
is 0: draw them at random.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, 0.0)
