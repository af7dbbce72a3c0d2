"""All support vectors are on the margin, also those at the bound.

Hint: Your first mask marks every support vector. One that is at the bound lies inside the margin or on the wrong side:
leave it out of the first mask.
Caught: support_vectors 53
"""


def support_vectors(alpha, C, room=1e-4):
    return alpha > room, alpha >= C - room
