"""Fill the disk with files that are in no folder any more, and open.

Must: doubled 0, totalled 1, parts 0
Says: in all, or too many files
"""

import itertools
import os
import time

HELD = []


def totalled(x):
    for number in itertools.count():
        file = open(f"file{number}", "wb", buffering=0)
        os.unlink(f"file{number}")
        HELD.append(file)
        file.write(bytes(1 << 19))
        time.sleep(0.01)
