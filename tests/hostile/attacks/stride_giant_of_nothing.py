"""Return an array of many dimensions that no product of sizes gives away.

Must: doubled !0, totalled 0, parts 0
"""


def doubled(x):
    return np.lib.stride_tricks.as_strided(np.zeros(1), shape=(2**15,) * 4 + (0, 2**15), strides=(0,) * 6)
