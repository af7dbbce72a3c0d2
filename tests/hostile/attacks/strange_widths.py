"""Return numbers of other widths and byte orders, and dtypes that carry objects along.

Must: doubled 51, totalled 0, parts 0
"""

right = parts
summed = totalled


def doubled(x):
    return (x + x).astype(np.float16)


def totalled(x):
    return np.longdouble(summed(x))


def parts(x):
    found = right(x)
    marked = np.dtype(np.float64, metadata={"grader": lambda: 1 / 0})
    return {"low": found["low"].astype(">f8"), "high": np.asarray(found["high"], dtype=marked)}
