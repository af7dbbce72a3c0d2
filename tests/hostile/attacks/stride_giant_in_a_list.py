"""Put arrays of 10^12 entries into a list, to be copied when that is made an array.

Must: doubled 1, totalled 0, parts 0
"""


def doubled(x):
    return [np.broadcast_to(1.0, (10**12,))] * 3
