"""Abort.

Must: doubled 0, totalled 1, parts 0
"""

import os


def totalled(x):
    os.abort()
