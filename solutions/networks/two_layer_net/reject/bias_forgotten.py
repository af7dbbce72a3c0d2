"""The layer multiplies by its weights and leaves the bias out.

Hint: `fc_forward` is given a bias and never uses it. Add it to every row of the output; with b at 0, as in a new
network, its absence doesn't show.
Caught: fc_forward 53, edges 53, network_scores 53, network_gradients 53, trained 60
"""


def fc_forward(x, w, b):
    return x @ w, (x, w)
