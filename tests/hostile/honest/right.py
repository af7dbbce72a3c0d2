"""All of it is right.

Must: doubled 0, totalled 0, parts 0
"""

import numpy as np


def doubled(x):
    return x + x


def totalled(x):
    return float(x.sum())


def parts(x):
    return {"low": np.min(x, axis=0), "high": np.max(x, axis=0)}
