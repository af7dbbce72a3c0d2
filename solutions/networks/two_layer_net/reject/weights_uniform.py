"""The weights are uniform between 0 and weight_scale: `rand` was used for `randn`.

Hint: None of the weights is negative: they are drawn from a uniform distribution, and should be from a normal one
with mean 0. Mind the difference between NumPy's `rand` and `randn`.
Caught: initialisation 53
"""


class TwoLayerNet(TwoLayerNet):
    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale)
        self.params["W1"] = weight_scale * np.random.rand(input_dim, hidden_dim)
        self.params["W2"] = weight_scale * np.random.rand(hidden_dim, num_classes)
