"""One function is not written, one is not there, and it prints.

Must: doubled 0, totalled 40, parts 40
"""


def doubled(x):
    print("doubling", x)
    return 2 * x


def totalled(x):
    raise NotImplementedError
