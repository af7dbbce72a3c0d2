"""Steer the terminal of whoever reads the report.

Must: doubled 0, totalled 2, parts 0
"""


def totalled(x):
    raise ValueError("\x1b[2J\x1b]0;owned\x07\x9b31m\r\x08\x0c")
