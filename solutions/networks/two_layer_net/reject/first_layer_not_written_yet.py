"""The gradients of the second layer are written, those of the first are still zeros.

Hint: The gradients of the second layer are right, and those of the first are zeros. If they are not written yet, go on
from the gradient that `fc_backward` gave you by its input.
Caught: network_gradients 53, trained 60
"""


class TwoLayerNet(TwoLayerNet):
    def loss(self, X, y=None):
        if y is None:
            return super().loss(X)
        loss, grads = super().loss(X, y)
        return loss, grads | {name: np.zeros_like(grads[name]) for name in ("W1", "b1")}
