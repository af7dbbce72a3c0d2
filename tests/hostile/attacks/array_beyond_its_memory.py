"""Return an array whose strides reach beyond its memory.

Must: doubled !0, totalled 0, parts 0
"""


def doubled(x):
    return np.lib.stride_tricks.as_strided(np.zeros(1), shape=(4, 3), strides=(1 << 40, 1 << 40))
