"""The parameters are stored in the class, so that all networks share them.

Hint: A second network changes the weights of the first: `params` belongs to the class instead of to the instance.
Make the dict in the constructor, as an attribute of `self`.
Caught: initialisation 52
"""


class TwoLayerNet(TwoLayerNet):
    params = {}

    def __init__(self, input_dim=28 * 28, hidden_dim=100, num_classes=10, weight_scale=1e-3):
        self.params["W1"] = np.random.normal(0, weight_scale, (input_dim, hidden_dim))
        self.params["b1"] = np.zeros(hidden_dim)
        self.params["W2"] = np.random.normal(0, weight_scale, (hidden_dim, num_classes))
        self.params["b2"] = np.zeros(num_classes)
