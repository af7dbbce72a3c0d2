"""Recurse until the stack is gone.

Must: doubled 0, totalled 1|2, parts 0
"""

import sys

sys.setrecursionlimit(2**31 - 1)


def totalled(x):
    return totalled(x)
