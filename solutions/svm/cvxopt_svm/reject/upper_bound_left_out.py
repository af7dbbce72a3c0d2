"""G and h say only that alpha is not negative: the hard margin.

Hint: `G` and `h` hold n inequalities and need 2n. Without the bound that C puts on alpha, a wrongly labelled point
pulls as hard as it must to be on its side, and the classifier learns the noise.
Caught: bounds 52, trained 63
"""


def get_qp_params(X, y, C, kernel_params):
    n = len(y)
    P = np.outer(y, y) * kernel_matrix(X, X, kernel_params)
    return P, -np.ones(n), -np.eye(n), np.zeros(n), y[None, :], np.zeros(1)
