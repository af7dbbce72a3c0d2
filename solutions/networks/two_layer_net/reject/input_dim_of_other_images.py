"""The default of input_dim is that of coloured images of 32 x 32 pixels.

Hint: The default of `input_dim` is not the number of pixels here. These images have 28 x 28 of them, in one colour.
Caught: initialisation 52
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale)
