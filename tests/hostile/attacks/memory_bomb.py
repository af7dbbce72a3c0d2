"""Take all the memory there is.

Must: doubled 0, totalled 1, parts 0
Says: more memory|ran past
"""


def totalled(x):
    held = []
    while True:
        held.append(np.ones(1 << 20))
