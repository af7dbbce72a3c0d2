"""Raise an exception that says it is a fault of the grader's.

Must: doubled 0, totalled !0, parts 0
"""

from autograder import wire


class Liar(Exception):
    @property
    def __class__(self):
        return wire.WireError

    @property
    def __traceback__(self):
        raise RuntimeError

    filename = property(lambda self: 1 / 0)


def totalled(x):
    raise Liar("the worker did not start")
