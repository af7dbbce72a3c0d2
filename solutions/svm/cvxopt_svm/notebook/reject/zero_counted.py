"""A point that is no support vector counts as one on the margin.

Hint: Your first mask marks points whose alpha is 0, to within the tolerance. They are no support vectors.
Caught: support_vectors 53
"""


def support_vectors(alpha, C, room=1e-4):
    at_bound = alpha >= C - room
    return ~at_bound, at_bound
