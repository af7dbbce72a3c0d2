"""Only an alpha that equals C is at the bound.

Hint: You compare alpha with C exactly. The solver stops a little below C, so that most alphas at the bound are taken for
alphas on the margin.
Caught: support_vectors 53
"""


def support_vectors(alpha, C, room=1e-4):
    at_bound = alpha == C
    return (alpha > room) & ~at_bound, at_bound
