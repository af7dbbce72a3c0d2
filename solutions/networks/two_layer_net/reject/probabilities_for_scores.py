"""Without labels the network returns the probabilities of the classes instead of their scores.

Hint: Without labels, `loss` returns rows that sum to 1: these are probabilities. Scores are what the second layer
puts out, before any softmax.
Caught: network_scores 53
"""


class TwoLayerNet(TwoLayerNet):
    def loss(self, X, y=None):
        if y is not None:
            return super().loss(X, y)
        scores = super().loss(X)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)
