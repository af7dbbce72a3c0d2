"""Write right to left, so that a report reads otherwise than it says.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    raise ValueError("\u202e\u2066\u061c\u200f\u2069 gnorw \U000e0041\ufeff")
