"""The gradients are stored as dW1, db1, dW2, db2.

Hint: A gradient is stored under the same key as its parameter, so that whoever trains the network finds the two
together; yours have a d in front.
Caught: network_gradients 50, trained 50
"""


class TwoLayerNet(TwoLayerNet):
    def loss(self, X, y=None):
        if y is None:
            return super().loss(X)
        loss, grads = super().loss(X, y)
        return loss, {f"d{name}": gradient for name, gradient in grads.items()}
