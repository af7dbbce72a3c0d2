"""Return generators, iterators without end, and what is computed only when it is looked at.

Must: doubled 50, totalled 50, parts 50
"""

import itertools


def doubled(x):
    return (row for row in x + x)


def totalled(x):
    return itertools.count()


def parts(x):
    return {"low": map(min, x.T), "high": iter(x.max(axis=0))}
