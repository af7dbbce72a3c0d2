"""Return arrays that lie in files; one of the files is cut off before it is read.

Must: doubled 0, totalled 1, parts 0
"""

import os

right = doubled
summed = totalled


def doubled(x):
    found = np.memmap("doubled", np.float64, "w+", shape=x.shape)
    found[...] = right(x)
    os.unlink("doubled")
    return found


def totalled(x):
    found = np.memmap("totalled", np.float64, "w+", shape=(100_000,))
    os.truncate(os.open("totalled", os.O_RDWR), 0)
    return found
