"""The tolerance is 1e-4, whatever the argument says.

Hint: `room` has no effect on your masks. With its default you are right, so look for 1e-4 in its place.
Caught: support_vectors 53
"""


def support_vectors(alpha, C, room=1e-4):
    at_bound = alpha >= C - 1e-4
    return (alpha > 1e-4) & ~at_bound, at_bound
