"""Overwrite the interpreter's own objects.

Must: doubled 0, totalled !0, parts 0
"""

import ctypes


def totalled(x):
    ctypes.memset(id(float), 0, 256)
    return 1.5 + x.sum()
