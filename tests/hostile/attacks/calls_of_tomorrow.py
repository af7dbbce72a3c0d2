"""Use calls that are newer than the filter: they change attributes of files that can be read.

Must: doubled 0, totalled 0, parts 0
"""

from raw_calls import call, make

honest = totalled


def attempts():
    for number in range(463, 512):
        yield lambda: call(number, -100, b"data/offsets.npz", 0, b"user.x", 0, 0)


def totalled(x):
    make(attempts())
    return honest(x)
