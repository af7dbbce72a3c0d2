"""The gradients of the two layers are stored under each other's keys.

Hint: `W1` and `b1` belong to the layer next to the data, and on the way back it comes last. Your gradients of the two
layers stand under each other's keys.
Caught: network_gradients 52, trained 50
"""


class TwoLayerNet(TwoLayerNet):
    def loss(self, X, y=None):
        if y is None:
            return super().loss(X)
        loss, grads = super().loss(X, y)
        return loss, {"W1": grads["W2"], "b1": grads["b2"], "W2": grads["W1"], "b2": grads["b1"]}
