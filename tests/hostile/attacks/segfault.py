"""Read where there is no memory.

Must: doubled 0, totalled 1, parts 0
Says: SIGSEGV
"""

import ctypes


def totalled(x):
    return ctypes.string_at(8)
