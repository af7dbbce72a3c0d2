"""Raise an exception whose message never comes to an end.

Must: doubled 0, totalled 1, parts 0
Says: ran past the limit of 2 s
"""

import threading


class Slow(Exception):
    def __str__(self):
        threading.Event().wait()


def totalled(x):
    raise Slow
