"""The softmax normalises each column, as if the weights that a token receives had to sum to 1.

Hint: `softmax` makes the columns sum to 1. A row holds what one query thinks of all keys, so it is each row that
becomes a set of weights: look at which axis the maximum and the sum run along.
Caught: softmax 53, large_logits 53, forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53,
input_gradient 53, learns 60
"""


def softmax(S):
    exp_S = np.exp(S - S.max(axis=0))
    return exp_S / exp_S.sum(axis=0)
