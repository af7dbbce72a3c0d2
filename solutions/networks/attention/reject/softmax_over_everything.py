"""The softmax divides by the sum over the whole matrix: all weights together sum to 1.

Hint: `softmax` makes the whole matrix sum to 1. Every row is a softmax of its own; a sum without an axis adds up all
rows.
Caught: softmax 53, large_logits 53, forward 53, forward_edges 53, value_gradient 53, query_key_gradients 53,
input_gradient 53, learns 60
"""


def softmax(S):
    exp_S = np.exp(S - S.max())
    return exp_S / exp_S.sum()
