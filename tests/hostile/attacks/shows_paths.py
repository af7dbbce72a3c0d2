"""Raise what says where it happened, deep within a library.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    return np.linalg.inv(np.zeros((2, 2)))
