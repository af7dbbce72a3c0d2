"""Return complex numbers, for a comparison that may not be prepared for them.

Must: doubled 51, totalled 51, parts 51
"""


def doubled(x):
    return x + x + 0j


def totalled(x):
    return complex(x.sum(), 1.0)


def parts(x):
    return {"low": np.min(x, axis=0) + 0j, "high": np.max(x, axis=0).astype(np.complex64)}
