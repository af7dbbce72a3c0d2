"""loss returns the loss alone, and keeps the gradients to itself.

Hint: With labels, `loss` returns two things: the loss and the dict of its gradients.
Caught: network_gradients 50, trained 50
"""


class TwoLayerNet(TwoLayerNet):
    def loss(self, X, y=None):
        if y is None:
            return super().loss(X)
        loss, self.grads = super().loss(X, y)
        return loss
