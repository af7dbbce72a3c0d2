"""Return a list that holds itself.

Must: doubled !0, totalled 0, parts 0
"""


def doubled(x):
    found = [1.0]
    found.append(found)
    return found
