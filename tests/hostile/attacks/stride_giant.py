"""Return an array of 10^12 entries that takes 8 bytes.

Must: doubled 1, totalled 0, parts 0
Says: larger than 1 MiB
"""


def doubled(x):
    return np.broadcast_to(1.0, (10**12,))
