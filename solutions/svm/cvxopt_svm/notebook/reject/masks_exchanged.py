"""The two masks are returned in the other order.

Hint: Your two masks are exchanged: the first one is to mark the vectors on the margin, the second one those at the
bound.
Caught: support_vectors 53
"""


def support_vectors(alpha, C, room=1e-4):
    at_bound = alpha >= C - room
    return at_bound, (alpha > room) & ~at_bound
