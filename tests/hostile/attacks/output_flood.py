"""Print without end, everywhere.

Must: doubled 0, totalled 0, parts 0
"""

import os
import sys

honest = totalled


def totalled(x):
    for _ in range(500):
        print("x" * 100_000)
        sys.stderr.write("y" * 100_000)
        sys.__stdout__.write("z" * 1000)
        os.write(1, b"1" * 1000)
        os.write(2, b"2" * 1000)
    return honest(x)
