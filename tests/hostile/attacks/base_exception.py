"""Raise what is no Exception.

Must: doubled 0, totalled 2, parts 0
"""


class Beneath(BaseException):
    pass


def totalled(x):
    raise Beneath("nothing catches this")
