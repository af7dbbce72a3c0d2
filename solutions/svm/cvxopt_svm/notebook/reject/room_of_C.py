"""The tolerance at the bound is a share of C.

Hint: At the bound your tolerance is `room` times C. Use the same tolerance at both ends: `room` itself.
Caught: support_vectors 53
"""


def support_vectors(alpha, C, room=1e-4):
    at_bound = alpha >= C * (1 - room)
    return (alpha > room) & ~at_bound, at_bound
