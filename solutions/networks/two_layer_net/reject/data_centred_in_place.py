"""The network centres the batch it is given, in the caller's own array.

Hint: `loss` subtracts the batch's mean from `X` itself: the caller's data change with every call, and a sample's
scores depend on who else is in the batch. The network takes the data as they are.
Caught: network_scores 55, network_gradients 55, trained 55
"""


class TwoLayerNet(TwoLayerNet):
    def loss(self, X, y=None):
        X -= X.mean(axis=0)
        return super().loss(X, y)
