"""Raise an exception whose message raises another.

Must: doubled 0, totalled 2, parts 0
"""


class Loud(Exception):
    def __str__(self):
        raise Loud

    __repr__ = __str__


def totalled(x):
    raise Loud
