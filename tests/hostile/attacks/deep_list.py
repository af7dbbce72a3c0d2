"""Return a list in a list in a list, deeper than the stack.

Must: doubled !0, totalled 0, parts 0
"""


def doubled(x):
    found = x
    for _ in range(200_000):
        found = [found]
    return found
