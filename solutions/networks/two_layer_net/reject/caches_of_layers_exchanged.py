"""On the way back each fully connected layer gets the other one's cache.

Hint: The way back begins at the last layer, with the last layer's cache. Yours gives each of the two fully connected
layers the cache of the other.
Caught: network_gradients 2, trained 2
"""


class TwoLayerNet(TwoLayerNet):
    def loss(self, X, y=None):
        a, cache1 = fc_forward(X, self.params["W1"], self.params["b1"])
        h, cache_relu = relu_forward(a)
        scores, cache2 = fc_forward(h, self.params["W2"], self.params["b2"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        x, w = cache1
        dh, dW2 = dscores @ w.T, x.T @ dscores
        x, _ = cache2
        da = relu_backward(dh, cache_relu)
        return loss, {"W1": x.T @ da, "b1": da.sum(axis=0), "W2": dW2, "b2": dscores.sum(axis=0)}
