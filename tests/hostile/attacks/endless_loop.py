"""Compute for ever.

Must: doubled 0, totalled 1, parts 0
Says: ran past
"""


def totalled(x):
    while True:
        pass
