"""Raise an exception with a message of 200 MB.

Must: doubled 0, totalled 1|2, parts 0
"""


def totalled(x):
    raise ValueError("x" * 200_000_000)
