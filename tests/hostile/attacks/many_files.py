"""Fill the disk with many files.

Must: doubled 0, totalled 1, parts 0
Says: in all, or too many files
"""

import itertools
import time


def totalled(x):
    for number in itertools.count():
        with open(f"file{number}", "wb") as file:
            file.write(bytes(1 << 19))
        time.sleep(0.01)
