"""The bias puts the boundary in the middle between the largest score of the one class and the smallest of the other.

Hint: Your bias is the middle between two extreme scores, one of each class. With a soft margin these two points may well be
on the wrong side. Every support vector gives a b of its own; return the mean of them.
Caught: bias 53
"""


def fit_bias(X, y, alpha, kernel_params):
    scores = kernel_matrix(X, X, kernel_params) @ (alpha * y)
    return -(scores[y < 0].max() + scores[y > 0].min()) / 2
